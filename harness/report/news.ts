import { plainStyle, type Style } from '../core/style.ts';
import { caseTitle, count, duration } from '../core/text.ts';
import { outcomeOf } from '../results/outcome.ts';
import type { News, NewVerdict } from '../results/trends.ts';
import { verdictWord } from './lines.ts';

/** Cases of a kind that a screen names; it counts the others. */
const named = 20;

/** Returns what is new in a run, as lines; none where nothing is. */
export function renderNews(news: News, severalBases: boolean, style: Style = plainStyle): string[] {
  const { red, green, slower, factor } = news;
  const lines = [
    ...clipList(red, 'newly red', (change) => [
      `${verdictWord(outcomeOf(change.result), style)} ${caseTitle(change.result, severalBases)}: ${beforeWords(change)}`,
    ]),
    ...clipList(green, 'newly green', (change) => [
      `${style.good('green')} ${caseTitle(change.result, severalBases)}: ${beforeWords(change)}`,
    ]),
    ...clipList(slower, 'slower', ({ result, usual, now }) => [
      `${style.warn('slow ')} ${caseTitle(result, severalBases)}: ${duration(now)}, usually ${duration(usual)}`,
    ]),
    ...(factor < 1.5
      ? []
      : [`all cases took ${factor.toFixed(1)} times as long as usual, which is taken off here`]),
  ];
  return lines.length === 0
    ? []
    : ['', `${style.strong('new since')} ${sinceWords(news)}`, ...lines];
}

/** Returns which runs it was compared with: `RUN`, `RUN and 2 earlier ones`. */
export function sinceWords({ since }: News): string {
  const [newest = 'the last run', ...others] = since;
  return others.length === 0 ? newest : `${newest} and ${count(others.length, 'earlier run')}`;
}

/** Returns what a case was before: `pass in RUN`. */
export function beforeWords({ before }: NewVerdict): string {
  if (before === undefined) return 'not there before';
  const { outcome, run } = before;
  const word = outcome === 'known' ? 'known to fail' : outcome;
  return `${word} in ${run.run}${run.commit === undefined ? '' : ` (${run.commit})`}`;
}

function clipList<T>(items: readonly T[], what: string, render: (item: T) => string[]): string[] {
  const left = items.length - named;
  const rest = left > 0 ? [`      … and ${left} more ${what}`] : [];
  return [...items.slice(0, named).flatMap(render), ...rest];
}
