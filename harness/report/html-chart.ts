import { duration } from '../core/text.ts';
import { keyOf, toPast, type History } from '../results/history.ts';
import type { Outcome } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { findCases, isSameKind, type Point } from '../results/trends.ts';
import { html, type Html } from './html-template.ts';

/** Runs that a chart shows. */
const shownRuns = 30;

const size = { height: 16, step: 5 } as const;

/** Returns a case's chart: a bar a run, the newest right; none if there is nothing to compare. */
export type ChartOf = (name: { readonly base: string; readonly id: string }) => Html | undefined;

/** Returns the charts of a run's cases, itself the last one of runs of its kind. */
export function findCharts(history: History, results: Results): ChartOf {
  const earlier = history.runs.filter(
    ({ run, time }) => run !== results.run && time < results.time,
  );
  const runs = [...earlier.filter((run) => isSameKind(run, results)), toPast(results)];
  const cases = findCases({ runs });
  return (name) => {
    const points = cases.get(keyOf(name))?.points ?? [];
    return points.length < 2 ? undefined : drawChart(points.slice(-shownRuns));
  };
}

/** Returns the points as bars, as high as they took of the longest; red is as high as can be. */
export function drawChart(points: readonly Point[]): Html {
  const longest = Math.max(1, ...points.map(({ milliseconds }) => milliseconds));
  const paths = new Map<Outcome, string>();
  points.forEach(({ outcome, milliseconds }, index) => {
    const share = outcome === 'pass' ? Math.max(0.1, milliseconds / longest) : 1;
    const bar = `M${index * size.step + 2} ${size.height}v-${(share * size.height).toFixed(0)}`;
    paths.set(outcome, `${paths.get(outcome) ?? ''}${bar}`);
  });
  const last = points.at(-1)?.milliseconds ?? 0;
  const label = `the last ${points.length} runs, up to ${duration(longest)}, now ${duration(last)}`;
  const drawn = [...paths].map(
    ([outcome, path]) => html`<path class="${outcome}" d="${path}"></path>`,
  );
  return html`<svg class="spark" role="img" aria-label="${label}" width="${points.length * size.step}" height="${size.height}"><title>${label}</title>${drawn}</svg>`;
}
