import type { Style } from '../core/style.ts';
import { cleanLine, clip, count, duration } from '../core/text.ts';
import type { History, PastRun } from '../results/history.ts';
import {
  isRedOutcome,
  turnsOf,
  type CaseHistory,
  type Point,
  type Trends,
} from '../results/trends.ts';
import { verdictWord } from './lines.ts';

/** Cases and changes that a list names unless all are asked for. */
const named = 15;

/** Runs that one line of bars shows. */
const shownRuns = 40;

/** Returns what a history shows as a whole, as lines. */
export function renderTrends(
  history: History,
  trends: Trends,
  all: boolean,
  style: Style,
): string[] {
  const { runs } = history;
  const [oldest, newest] = [runs[0], runs.at(-1)];
  if (oldest === undefined || newest === undefined) return ['No run is kept yet.'];
  const { red, turns, flakes, slower, factor } = trends;
  const most = all ? Infinity : named;
  return [
    `${style.strong(count(runs.length, 'run'))} from ${dayOf(oldest)} to ${dayOf(newest)}`,
    ...section('Red when judged last', red, most, style, ({ base, id, since, good, last }) => [
      `${verdictWord(last.outcome, style)} ${base} ${cleanLine(id)}`,
      `      since ${runWords(since.run)}${good === undefined ? ', never seen good' : `; last good in ${runWords(good.run)}`}`,
      ...reasonLines(last),
    ]),
    ...section('Turned, the newest first', turns, most, style, ({ base, id, before, after }) => [
      `${verdictWord(after.outcome, style)} ${base} ${cleanLine(id)}`,
      `      ${before.outcome} in ${runWords(before.run)}, ${after.outcome} in ${runWords(after.run)}`,
    ]),
    ...section('Flaky', flakes, most, style, ({ base, id, passed, ran, run }) => [
      `${style.bad('FLAKY')} ${base} ${cleanLine(id)}: passed ${passed} of ${ran}, red in ${runWords(run)}`,
    ]),
    ...section('Slower by half', slower, most, style, ({ base, id, usual, now }) => [
      `${style.warn('slow ')} ${base} ${cleanLine(id)}: ${duration(now)} of late, ${duration(usual)} before`,
    ]),
    ...(factor < 1.5
      ? []
      : ['', `All cases took ${factor.toFixed(1)} times as long of late, which is taken off.`]),
    ...(red.length + turns.length + flakes.length + slower.length > 0
      ? []
      : ['', 'Nothing is red, nothing turned, nothing is flaky or slower.']),
  ];
}

function section<T>(
  title: string,
  items: readonly T[],
  most: number,
  style: Style,
  render: (item: T) => readonly string[],
): string[] {
  if (items.length === 0) return [];
  const left = items.length - most;
  return [
    '',
    style.strong(title),
    ...items.slice(0, most).flatMap(render),
    ...(left > 0 ? [`      … and ${left} more: --all shows them`] : []),
  ];
}

/** Returns one case's runs, the newest first, and between which commits it turned. */
export function renderCaseHistory(each: CaseHistory, all: boolean, style: Style): string[] {
  const { base, id, points } = each;
  const most = all ? points.length : shownRuns;
  const shown = points.slice(-most).reverse();
  const width = Math.max(...shown.map(({ run }) => run.run.length));
  return [
    style.strong(`${base} ${cleanLine(id)}`),
    `  ${renderBars(points, style)}`,
    ...shown.map(
      (point) =>
        `  ${verdictWord(point.outcome, style)} ${timeOf(point).padStart(8)}  ${point.run.run.padEnd(width)}  ${style.dim([point.run.commit, point.run.kind].filter((word) => word !== undefined).join(', '))}${whyOf(point)}`,
    ),
    ...(points.length > most ? [`  … and ${points.length - most} earlier: --all shows them`] : []),
    ...turnsOf(each).map(
      ({ before, after }) =>
        `  turned ${isRedOutcome(after.outcome) ? style.bad('red') : style.good('green')} between ${runWords(before.run)} and ${runWords(after.run)}${logWords(before.run, after.run)}`,
    ),
  ];
}

/** Returns a case as one line: its name, a bar a run. */
export function renderCaseLine({ base, id, points }: CaseHistory, style: Style): string {
  return `${renderBars(points, style).padEnd(shownRuns)} ${base} ${cleanLine(id)}`;
}

const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A bar for each of the last runs, as high as it took of the longest; a cross where it was red. */
export function renderBars(points: readonly Point[], style: Style): string {
  const shown = points.slice(-shownRuns);
  const longest = Math.max(1, ...shown.map(({ milliseconds }) => milliseconds));
  return shown
    .map(({ outcome, milliseconds }) => {
      if (isRedOutcome(outcome)) return style.bad('✗');
      const bar = heights[Math.ceil((milliseconds / longest) * heights.length) - 1] ?? '▁';
      return outcome === 'pass' ? style.good(bar) : style.warn(bar);
    })
    .join('');
}

function timeOf({ milliseconds, passed, ran }: Point): string {
  return ran === 1 ? duration(milliseconds) : `${passed} of ${ran}`;
}

function whyOf({ reason }: Point): string {
  return reason === undefined ? '' : `  ${clip(cleanLine(reason), 80)}`;
}

function reasonLines({ reason }: Point): string[] {
  return reason === undefined ? [] : [`      ${cleanLine(reason)}`];
}

/** `2026-03-14T15-09-26Z-v2.6.30 (0123456789ab)` */
function runWords({ run, commit }: PastRun): string {
  return commit === undefined ? run : `${run} (${commit})`;
}

/** What to type to see what came between; nothing where both are of one commit. */
function logWords(before: PastRun, after: PastRun): string {
  const [from, to] = [digitsOf(before), digitsOf(after)];
  if (from === undefined || to === undefined || from === to) return '';
  return `: git log ${from}..${to}`;
}

/** Returns a run's commit, as git takes it. */
function digitsOf({ commit }: PastRun): string | undefined {
  return /^[0-9a-f]{7,40}/.exec(commit ?? '')?.[0];
}

function dayOf({ time }: PastRun): string {
  return time.slice(0, '2026-03-14'.length);
}
