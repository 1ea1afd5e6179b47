import type {
  Coverage,
  FileCoverage,
  LineCoverage,
  StaleRow,
  Unreached,
} from '../core/coverage.ts';
import { countFiles } from './coverage.ts';
import { findFunctions } from './source-text.ts';

/**
 * Returns a coverage whose lines know why no case runs them, as far as a project's list says it.
 * Only a run of all cases can tell which rows are wrong by now; another one calls none so.
 */
export function explain(
  coverage: Coverage,
  rows: readonly Unreached[],
  isWhole: boolean,
): Coverage {
  const own = rows.filter(({ bases }) => bases?.includes(coverage.base) !== false);
  const places = own.map((row) => ({ row, found: findRow(row, coverage.files) }));
  const reasons = new Map<LineCoverage, Unreached>();
  for (const { row, found } of places)
    if (Array.isArray(found))
      for (const line of found) if (line.hits === 0 && !reasons.has(line)) reasons.set(line, row);
  const files = coverage.files.map(({ path, functions, lines }) => ({
    ...{ path, functions },
    lines: lines.map((line) => {
      const row = reasons.get(line);
      return row === undefined ? line : { ...line, reason: { kind: row.kind, reason: row.reason } };
    }),
  }));
  const stale = places.flatMap(({ row, found }): StaleRow[] => {
    const why = typeof found === 'string' ? found : whyStale(row, found);
    return why === undefined ? [] : [{ row, why }];
  });
  return { ...coverage, ...countFiles(files, coverage.patches), stale: isWhole ? stale : [] };
}

/** Returns how many lines no case runs, and nothing says why. */
export function countUnexplained({ withCode, reached, explained }: Coverage['totals']): number {
  return withCode - reached - explained;
}

/** Returns the lines that a row speaks of, or why there are none. */
function findRow(
  { file, function: name, lines, after = [] }: Unreached,
  files: readonly FileCoverage[],
): LineCoverage[] | string {
  const source = files.find(({ path }) => path === file);
  if (source === undefined) return 'there is no such file';
  const functions = findFunctions(source.lines.map(({ text }) => text));
  const inside = source.lines.filter(
    ({ text }, index) => functions[index] === name && text.trim() !== '',
  );
  if (inside.length === 0) return 'there is no such function';
  if (lines === undefined) return inside;
  const wanted = [...after, ...lines].map(squeeze);
  const texts = inside.map(({ text }) => squeeze(text));
  const found = inside.flatMap((_, start) =>
    wanted.every((text, index) => texts[start + index] === text)
      ? inside.slice(start + after.length, start + wanted.length)
      : [],
  );
  return found.length === 0 ? 'the function has no such lines' : found;
}

function whyStale({ kind }: Unreached, lines: readonly LineCoverage[]): string | undefined {
  const withCode = lines.filter(({ hits }) => hits !== undefined);
  if (withCode.length === 0) return 'the kernel has no code of these lines';
  // Who wins a race is no matter of the cases.
  const run = kind === 'race' ? undefined : withCode.find(({ hits }) => hits !== 0);
  return run && `a case runs line ${run.line} by now: ${squeeze(run.text)}`;
}

/** A line without the blanks that its place and its columns give it. */
function squeeze(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
