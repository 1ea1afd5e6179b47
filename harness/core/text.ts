import { stripVTControlCharacters } from 'node:util';
import type { CaseResult } from './events.ts';

/**
 * Returns milliseconds as a person says them: `0.4 s`, `12.3 s`, `2 min 05 s`, and below a
 * tenth of a second `35 ms`.
 */
export function duration(milliseconds: number): string {
  if (milliseconds < 99.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Returns `1 case`, `2 cases`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Returns ` (2 in earlier runs)`, or nothing if all that passed did so in this run. */
export function earlierWords(cases: readonly Pick<CaseResult, 'provenIn'>[]): string {
  const earlier = cases.filter(({ provenIn }) => provenIn !== undefined).length;
  return earlier === 0 ? '' : ` (${earlier} in earlier runs)`;
}

/** Returns why a case that passed was not run; nothing if it was. */
export function provenWords({ provenIn }: Pick<CaseResult, 'provenIn'>): string[] {
  if (provenIn === undefined) return [];
  return [`not run: it passed in ${provenIn}, and nothing it depends on has changed since`];
}

/** Returns bytes as a person says them: `0.4 MiB`, `35 MiB`, `4.1 GiB`. */
export function megabytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes >= 1000) return `${(mebibytes / 1024).toFixed(1)} GiB`;
  return `${mebibytes < 10 ? mebibytes.toFixed(1) : Math.round(mebibytes)} MiB`;
}

// Control characters but tab, and what turns the direction of text round.
const unprintable = /(?!\t)\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Returns a line without what would move a terminal's cursor, colour it, or turn its text
 * round: what a guest prints must not be able to draw on the reader's screen.
 */
export function cleanLine(line: string): string {
  return stripVTControlCharacters(line)
    .replace(/[\r\n]+/g, ' ')
    .replace(unprintable, '');
}

/** Returns at most `width` characters of a line, an ellipsis showing that there was more. */
export function clip(line: string, width: number): string {
  const characters = Array.from(line);
  return characters.length <= width
    ? line
    : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Returns a bar of `width` cells for a share between 0 and 1. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** A case's name as the screens print it; the base only where a run has several. */
export function caseTitle(
  item: { readonly base: string; readonly suite: string; readonly test: string },
  severalBases: boolean,
): string {
  const name = item.suite === '' ? item.test : `${item.suite} > ${item.test}`;
  return cleanLine(severalBases ? `${item.base} ${name}` : name);
}

/**
 * Returns the first and last of many lines with a word on how many are left out between:
 * a flooded console must not fill the report.
 */
export function middleOut(
  lines: readonly string[],
  first: number,
  last: number,
  where = 'the console log has them',
): string[] {
  const left = lines.length - first - last;
  if (left <= 0) return [...lines];
  return [
    ...lines.slice(0, first),
    `[… ${count(left, 'line')} left out; ${where} …]`,
    ...lines.slice(-last),
  ];
}
