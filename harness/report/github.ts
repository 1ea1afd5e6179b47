import { blameOf } from '../../qemu/stacks.ts';
import type { CaseResult } from '../core/events.ts';
import { isRed, outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { firstRuns, shareOf } from './flakes.ts';
import { caseTitle, cleanLine, count, duration } from '../core/text.ts';

/** GitHub shows ten errors of a step; more would be dropped without a word. */
const annotationLimit = 10;

/**
 * Returns workflow commands that GitHub shows at the line of the case that is red:
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function renderAnnotations(results: Results): string[] {
  const severalBases = results.bases.length > 1;
  const red = firstRuns(results.cases.filter(isRed));
  const shown = red.length > annotationLimit ? red.slice(0, annotationLimit - 1) : red;
  const lines = shown.map((result) => annotation(result, severalBases, results));
  if (shown.length < red.length)
    lines.push(`::error::${red.length - shown.length} more are red; see the summary`);
  if (results.error !== undefined)
    lines.push(
      `::error title=${property(results.error.doing)}::${data(`${results.error.what}\n${results.error.next}`)}`,
    );
  return lines;
}

function annotation(result: CaseResult, severalBases: boolean, { cases }: Results): string {
  const [, file = result.file, line, column] =
    /^(.*?):(\d+)(?::(\d+))?$/.exec(result.assertion?.at ?? '') ?? [];
  const place = [
    `file=${property(file)}`,
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
  ].join(',');
  const blame = result.findings.flatMap(({ stack = [] }) => blameOf(stack) ?? []);
  const share = shareOf(result, cases);
  const facts = [
    share?.words ?? '',
    result.reason ?? '',
    ...blame.slice(0, 1),
    result.assertion?.diff ?? '',
  ];
  const text = [...facts, `rerun: ${result.rerun}`];
  return `::error ${place},title=${property(caseTitle(result, severalBases))}::${data(text.filter((part) => part !== '').join('\n'))}`;
}

/** Returns the job summary: totals, what is red, what was skipped, as Markdown. */
export function renderJobSummary(results: Results): string {
  const severalBases = results.bases.length > 1;
  const { pass, fail, known, skip, error, planned, 'not-run': left } = results.totals;
  const red = firstRuns(results.cases.filter(isRed));
  const hard = red.filter((result) => shareOf(result, results.cases)?.flaky !== true);
  const flaky = red.filter((result) => !hard.includes(result));
  const expected = results.cases.filter((result) => outcomeOf(result) === 'known');
  const skips = results.cases.filter(({ verdict }) => verdict === 'skip');
  return [
    `## ${results.exitCode === 0 ? 'Green' : 'Red'}: ${results.bases.join(', ')}`,
    '',
    `${count(planned, 'case')}: ${pass} passed, ${fail} failed, ${known > 0 ? `${known} known to fail, ` : ''}${skip} skipped, ${error} in error, ${left > 0 ? `${left} not run, ` : ''}${duration(results.milliseconds)}.`,
    ...(results.missing.length > 0
      ? ['', `${count(results.missing.length, 'case')} never reported.`]
      : []),
    ...(results.error === undefined
      ? []
      : [
          '',
          `**${cell(results.error.doing)}**: ${cell(results.error.what)} — ${cell(results.error.next)}`,
        ]),
    ...table(['Red', 'Why', 'Rerun'], hard, (result) => [
      caseTitle(result, severalBases),
      withShare(result, results),
      result.rerun,
    ]),
    ...table(['Flaky', 'How', 'Rerun'], flaky, (result) => [
      caseTitle(result, severalBases),
      withShare(result, results),
      result.rerun,
    ]),
    ...table(['Known to fail', 'Why', 'How'], expected, (result) => [
      caseTitle(result, severalBases),
      result.known ?? '',
      result.reason ?? '',
    ]),
    ...table(['Skipped', 'Why'], skips, (result) => [
      caseTitle(result, severalBases),
      result.reason ?? '',
    ]),
    '',
  ].join('\n');
}

function withShare(result: CaseResult, { cases }: Results): string {
  const share = shareOf(result, cases);
  return [share?.words ?? '', result.reason ?? ''].filter((part) => part !== '').join('; ');
}

function table(
  head: readonly string[],
  rows: readonly CaseResult[],
  cells: (row: CaseResult) => readonly string[],
): string[] {
  if (rows.length === 0) return [];
  const line = (words: readonly string[]) => `| ${words.join(' | ')} |`;
  return [
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map((row) => line(cells(row).map(cell))),
  ];
}

/** Text that Markdown takes for text, in one table cell. */
function cell(text: string): string {
  return text
    .split('\n')
    .map((line) => cleanLine(line))
    .join(' ')
    .replace(/[\\`*_{}[\]<>()#+|~!@-]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
