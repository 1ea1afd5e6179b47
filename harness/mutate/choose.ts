import type { Mutant } from './mutant.ts';

/** Of each case, by file, the lines that it has run: `12-14,20`. */
type RanByCase = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Returns what tells the cases that run a line, of what the cases of some files have run. */
export function indexLines(
  reached: Readonly<Record<string, { readonly cases: RanByCase }>>,
): Reach['casesOf'] {
  const byLine = new Map<string, string[]>();
  for (const { cases } of Object.values(reached))
    for (const [id, files] of Object.entries(cases))
      for (const [file, lines] of Object.entries(files))
        for (const line of linesIn(lines)) {
          const key = `${file}:${line}`;
          const there = byLine.get(key);
          if (there === undefined) byLine.set(key, [id]);
          else there.push(id);
        }
  return (file, line) => byLine.get(`${file}:${line}`) ?? [];
}

function linesIn(spans: string): number[] {
  return spans.split(',').flatMap((span) => {
    const [first = NaN, last = first] = span.split('-').map(Number);
    return numbersIn([first, last]);
  });
}

/** Tells whether a case of a file may run a function: it did, or nobody has asked. */
export function mayRun(
  touched: { readonly ran: readonly string[]; readonly asked: readonly string[] } | undefined,
  name: string,
): boolean {
  if (touched === undefined) return false;
  return touched.ran.includes(name) || !touched.asked.includes(name);
}

/** Where lines are that have code, and who runs them. */
export interface Reach {
  /** Whether a line of a file has code of its own. */
  readonly hasCode: (file: string, line: number) => boolean;
  /** Returns the cases that run a line. */
  readonly casesOf: (file: string, line: number) => readonly string[];
}

/**
 * Returns the cases that run what a mutant changes. Of a line that the compiler has merged with
 * another nothing is known: then those that run anything of its function.
 */
export function casesReaching(
  { file, lines, within }: Pick<Mutant, 'file' | 'lines' | 'within'>,
  { hasCode, casesOf }: Reach,
): ReadonlySet<string> {
  const own = numbersIn(lines);
  const asked = own.some((line) => hasCode(file, line)) ? own : numbersIn(within);
  return new Set(asked.flatMap((line) => casesOf(file, line)));
}

function numbersIn([first, last]: readonly [number, number]): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
