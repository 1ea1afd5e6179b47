import { join } from 'node:path';
import { sumUp } from '../results/headline.ts';
import { isRed, outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { whereTimeWent, type TimeRow } from '../results/where-time-went.ts';
import { describeAgainst } from './against.ts';
import { renderErrorReport } from './error.ts';
import { findFlakes, findRepeated, firstRuns, type Share } from './flakes.ts';
import { verdictWord } from './lines.ts';
import { explainCase } from './red.ts';
import { plainStyle, type Style } from '../core/style.ts';
import { caseTitle, cleanLine, count, duration, earlierWords } from '../core/text.ts';

/** Returns a run's last words on a screen: every red explained, skips with reasons, totals. */
export function renderSummary(
  results: Results,
  folder: string,
  style: Style = plainStyle,
  news: readonly string[] = [],
): string[] {
  const severalBases = results.bases.length > 1;
  const red = firstRuns(results.cases.filter(isRed));
  return [
    ...listAgainst(results, style),
    ...red.flatMap((result) => ['', ...explainCase(result, results, style)]),
    ...listKnown(results, severalBases, style),
    ...listSkips(results, severalBases, style),
    ...listMissing(results, severalBases, style),
    ...listRepeated(results, severalBases, style),
    ...results.warnings.map((text) => `${style.warn('warning')} ${cleanLine(text)}`),
    ...explainEnd(results, style),
    ...results.baseReports
      .filter(({ kernelWarnings }) => kernelWarnings > 0)
      .map(
        ({ base, kernelWarnings }) =>
          `${style.warn('warning')} ${base}: ${count(kernelWarnings, 'compiler warning')} in lines of the series; see ${join(folder, `${base}-build.log`)}`,
      ),
    ...news,
    '',
    ...listTimes(results, style),
    ...sumUp(results.cases),
    totalsLine(results, style),
    `reports in ${folder}`,
  ];
}

/** What the series changed comes before all else: that is what was asked. */
function listAgainst({ against = [] }: Results, style: Style): string[] {
  return against.flatMap((each) => {
    const [title, ...lines] = describeAgainst(each);
    return ['', style.strong(title), ...lines.map((line) => `  ${line}`)];
  });
}

/** Milliseconds of a run that nobody minds. */
const shortRun = 60_000;

/** What used the processors, of a run that took long. */
function listTimes(results: Results, style: Style): string[] {
  const went = results.milliseconds < shortRun ? undefined : whereTimeWent(results);
  if (went === undefined) return [];
  const line = (title: string, rows: readonly TimeRow[]) => {
    const parts = rows.map(
      ({ what, milliseconds, share }) =>
        `${what} ${duration(milliseconds)} (${Math.round(100 * share)} %)`,
    );
    return style.dim(`${title}: ${parts.join('; ')}`);
  };
  return [line('processors', went.processors), line('guests', went.guests)];
}

function listKnown(results: Results, severalBases: boolean, style: Style): string[] {
  const expected = results.cases.filter((result) => outcomeOf(result) === 'known');
  if (expected.length === 0) return [];
  return [
    '',
    ...expected.flatMap((result) => [
      `${verdictWord('known', style)} ${caseTitle(result, severalBases)}: ${cleanLine(result.known ?? '')}`,
      `      ${cleanLine(result.reason ?? '')}`,
    ]),
  ];
}

function listSkips(results: Results, severalBases: boolean, style: Style): string[] {
  const skips = results.cases.filter(({ verdict }) => verdict === 'skip');
  if (skips.length === 0) return [];
  return [
    '',
    ...countEqual(
      skips.map(
        (result) =>
          `${verdictWord('skip', style)} ${caseTitle(result, severalBases)}: ${cleanLine(result.reason ?? 'no reason given')}`,
      ),
    ),
  ];
}

/** Runs of one case that were all skipped for one reason are one line. */
function countEqual(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, times]) => (times === 1 ? line : `${line} (${times} times)`));
}

function listMissing(results: Results, severalBases: boolean, style: Style): string[] {
  if (results.missing.length === 0) return [];
  return [
    '',
    ...results.missing.map(
      (planned) =>
        `${style.bad('ERROR')} ${caseTitle(planned, severalBases)}: planned, but never reported`,
    ),
  ];
}

/** Cases that were run several times; of those that always passed, how many there are. */
function listRepeated({ cases }: Results, severalBases: boolean, style: Style): string[] {
  const repeated = findRepeated(cases);
  if (repeated.length === 0) return [];
  const steady = repeated.filter(({ passed, ran }) => passed === ran);
  const words = ({ shown, passed, ran }: Share) => {
    const word = passed === 0 ? verdictWord(outcomeOf(shown), style) : style.bad('FLAKY');
    return `${word} ${caseTitle(shown, severalBases)}: passed ${passed} of ${ran}`;
  };
  return [
    '',
    ...repeated.filter((share) => !steady.includes(share)).map(words),
    ...(steady.length > 0 ? [`${count(steady.length, 'repeated case')} passed each time`] : []),
  ];
}

function explainEnd(results: Results, style: Style): string[] {
  const { error, finished, stages } = results;
  if (!finished) return ['', `${style.bad('ERROR')} the run broke off before its end`];
  // A stage's own error was shown when the stage failed.
  if (error === undefined || stages.some((stage) => stage.error?.what === error.what)) return [];
  return ['', ...renderErrorReport(error, style)];
}

function totalsLine(results: Results, style: Style): string {
  const { planned, pass, fail, known, skip, error, 'not-run': left } = results.totals;
  const flaky = findFlakes(results.cases).length;
  const words = [
    style.good(`${pass} passed`) + earlierWords(results.cases),
    fail > 0 ? style.bad(`${fail} failed`) : '0 failed',
    ...(known > 0 ? [style.warn(`${known} known to fail`)] : []),
    skip > 0 ? style.warn(`${skip} skipped`) : '0 skipped',
    ...(error > 0 ? [style.bad(`${error} in error`)] : []),
    ...(left > 0 ? [style.warn(`${left} not run`)] : []),
    ...(flaky > 0 ? [style.bad(count(flaky, 'flaky case'))] : []),
    ...(results.missing.length > 0 ? [style.bad(`${results.missing.length} not reported`)] : []),
  ];
  return `${style.strong(count(planned, 'case'))} on ${results.bases.join(', ')}: ${words.join(', ')} in ${duration(results.milliseconds)}`;
}
