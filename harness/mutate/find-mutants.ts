import { createHash } from 'node:crypto';
import type { Mutant, NotTried } from './mutant.ts';
import { parseC } from './parse-c.ts';
import { findSites, type Refused } from './sites.ts';

export interface FoundMutants {
  readonly mutants: readonly Mutant[];
  readonly notTried: readonly NotTried[];
}

/** Why nothing of a file can be changed by a switch in the running kernel. */
const foreign: readonly (readonly [RegExp, string])[] = [
  // Of the folders of a vdso these are the kernel's own.
  [
    /(?:^|\/)(?:vdso\/(?!(?:\w+\/)?(?:vma|vdso32-setup|extable)[.]c)|boot\/|realmode\/|purgatory\/)/,
    'code that does not run in the kernel',
  ],
];

/**
 * Returns the mutants of the lines of a file that are wanted, and the places among them that an
 * operator would have changed but can't.
 */
export async function findMutants(
  file: string,
  text: string,
  isWanted: (line: number) => boolean,
): Promise<FoundMutants> {
  if (/[.]S$/.test(file)) return { mutants: [], notTried: [] };
  const { sites, refused } = findSites(await parseC(text));
  const elsewhere = foreign.find(([pattern]) => pattern.test(file))?.[1];
  const told = (each: Refused): NotTried => ({ file, line: each.line, reason: each.reason });
  const wanted = sites.filter(({ line }) => isWanted(line));
  const notTried = refused.filter(({ line }) => isWanted(line)).map(told);
  if (elsewhere !== undefined)
    return {
      mutants: [],
      notTried: [...notTried, ...wanted.map(({ line }) => told({ line, reason: elsewhere }))],
    };
  const seen = new Map<string, number>();
  const mutants = wanted.map((site): Mutant => {
    const { line, lastLine, ...rest } = site;
    const before = text.slice(site.start, site.end);
    const same = [file, site.function, site.operator, before.replace(/\s+/g, ' '), site.after].join(
      '\n',
    );
    const nth = (seen.get(same) ?? 0) + 1;
    seen.set(same, nth);
    return { id: idOf(same, nth), file, ...rest, lines: [line, lastLine], before };
  });
  return { mutants, notTried };
}

function idOf(what: string, nth: number): string {
  return createHash('sha256').update(`${what}\n${nth}`).digest('hex').slice(0, 8);
}
