import {
  unreachedKinds,
  type Coverage,
  type FileCoverage,
  type LineCoverage,
  type PatchCoverage,
  type StaleRow,
  type Switch,
  type Totals,
} from '../core/coverage.ts';
import { percent } from './coverage.ts';
import { countUnexplained } from './reasons.ts';

/** Returns what stands in lcov.info: files, functions and lines, as geninfo(1) describes it. */
export function renderLcov(coverages: readonly Coverage[]): string {
  return coverages.flatMap(({ base, files }) => files.map((file) => lcovOf(base, file))).join('');
}

function lcovOf(base: string, { path, lines, functions }: FileCoverage): string {
  const withCode = lines.flatMap(({ line, hits }) => (hits === undefined ? [] : [{ line, hits }]));
  if (withCode.length === 0) return '';
  const records = [
    // A test's name has letters, digits and underscores only.
    `TN:${base.replace(/\W/g, '_')}`,
    `SF:${path}`,
    ...functions.map(({ name, line }) => `FN:${line},${name}`),
    ...functions.map(({ name, hits }) => `FNDA:${hits},${name}`),
    `FNF:${functions.length}`,
    `FNH:${functions.filter(({ hits }) => hits > 0).length}`,
    ...withCode.map(({ line, hits }) => `DA:${line},${hits}`),
    `LF:${withCode.length}`,
    `LH:${withCode.filter(({ hits }) => hits > 0).length}`,
    'end_of_record',
  ];
  return `${records.join('\n')}\n`;
}

/** Returns what stands in coverage.json. */
export function renderJson(coverages: readonly Coverage[]): string {
  const bases = coverages.map(({ base, totals, patches, files, cases, stale }) => ({
    ...{ base, totals, patches, cases },
    stale: stale.map(({ row: { file, function: name, lines, after }, why }) => ({
      ...{ file, function: name, lines, after, why },
    })),
    files: files.map(({ path, lines, functions, ...counted }) => ({
      ...{ path, ...counted, functions },
      lines: lines.flatMap(({ line, patch, hits, cases: by, leftOut, reason }) => {
        if (hits === undefined && leftOut === undefined) return [];
        const why = { leftOut: leftOut?.map(nameSwitch), ...reason };
        return [{ line, patch, hits, cases: by && spans(by), ...why }];
      }),
    })),
  }));
  return `${JSON.stringify({ version: 1, bases })}\n`;
}

/** Returns numbers in order as `1-3,7`. */
export function spans(numbers: readonly number[]): string {
  const found: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.last === number - 1) last.last = number;
    else found.push({ first: number, last: number });
  }
  return found
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
    .join(',');
}

/** Returns `CONFIG_SMP`, or `no CONFIG_SMP` for one that must not be set. */
export function nameSwitch({ symbol, set }: Switch): string {
  return set ? symbol : `no ${symbol}`;
}

/** Returns what a run's last words say of its coverage: each patch, each file, what no case ran. */
export function renderCoverage({ base, totals, patches, files, stale }: Coverage): string[] {
  const shown = files.filter(({ withCode, leftOut }) => withCode + leftOut > 0);
  const row = (name: string, counted: Totals) =>
    `  ${percent(counted).padStart(7)}  ${`${counted.reached}/${counted.withCode}`.padStart(11)}  ${name}${leftOutWords(counted)}`;
  return [
    '',
    `coverage of ${base}: ${totals.reached} of ${totals.withCode} lines with code were run, ${percent(totals)}${leftOutWords(totals)}${explainedWords(totals)}`,
    ...patches
      .filter(({ withCode, leftOut }) => withCode + leftOut > 0)
      .map((patch) => row(renderPatchName(patch), patch)),
    '',
    ...shown.map((file) => row(file.path, file)),
    ...shown.flatMap(notRun).map((line) => `  not run: ${line}`),
    ...stale.map((each) => `  wrong by now: ${renderStale(each)}`),
  ];
}

/** Returns `0012 c/r: dump open files`. */
export function renderPatchName({
  number,
  subject,
}: Pick<PatchCoverage, 'number' | 'subject'>): string {
  return `${String(number).padStart(4, '0')} ${subject}`;
}

/** Returns `; not run for a reason: 225, without one: 7`, where anything has one. */
export function explainedWords(totals: Totals): string {
  const { explained } = totals;
  return explained === 0
    ? ''
    : `; not run for a reason: ${explained}, without one: ${countUnexplained(totals)}`;
}

/** Returns `mm/shmem.c, f(): "return -EINTR;": the function has no such lines`. */
export function renderStale({ row, why }: StaleRow): string {
  const first = row.lines?.[0];
  return `${row.file}, ${row.function}()${first === undefined ? '' : `, "${first}"`}: ${why}`;
}

function leftOutWords({ leftOut }: Totals): string {
  return leftOut === 0 ? '' : ` (${leftOut} not compiled)`;
}

/** Returns the lines of a file that no case ran, `mm/shmem.c:12-14,20`, and those not compiled. */
function notRun({ path, lines }: FileCoverage): string[] {
  const missed = lines.filter(({ hits }) => hits === 0);
  const kinds = [undefined, ...unreachedKinds].flatMap((kind) => {
    const own = missed.filter(({ reason }) => reason?.kind === kind).map(({ line }) => line);
    const words = kind === undefined ? '' : `, for a reason: ${kind}`;
    return own.length === 0 ? [] : [`${path}:${spans(own)}${words}`];
  });
  const reasons = new Map<string, number[]>();
  for (const each of lines) {
    const reason = leftOutReason(each);
    if (reason !== undefined) reasons.set(reason, [...(reasons.get(reason) ?? []), each.line]);
  }
  return [
    ...kinds,
    ...[...reasons].map(([reason, left]) => `${path}:${spans(left)}, not compiled: ${reason}`),
  ];
}

/** Returns why a line is not compiled, if it isn't. */
export function leftOutReason({ leftOut }: LineCoverage): string | undefined {
  if (leftOut === undefined) return undefined;
  return leftOut.length === 0
    ? 'by no CONFIG_ symbol that is known'
    : `needs ${leftOut.map(nameSwitch).join(', ')}`;
}
