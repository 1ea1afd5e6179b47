import type { CaseResult } from '../core/events.ts';
import { caseTitle, count } from '../core/text.ts';
import { isRed, outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { renderBody, renderCase } from './html-case.ts';
import type { ChartOf } from './html-chart.ts';
import { html, type Html, type LinkTo } from './html-template.ts';

/** Red cases that begin open: more would be a page that nobody reads to its end. */
const openCases = 20;

/** Cases of the groups that begin open: a browser takes its time for thousands of them. */
const openRows = 300;

/** Cases of a page whose groups all begin open. */
const fewCases = 60;

/** What the page's script adds where it is looked at. */
export interface Rest {
  /** Markup of what a case shows when it is open, by its place; null for one that is. */
  readonly bodies: readonly (string | null)[];
  /** Markup of a group's cases, by its place; null for one that is open. */
  readonly rows: readonly (string | null)[];
  /** Of each case: its words, its verdict, its base, the place of its group. */
  readonly index: readonly (readonly [string, string, string, number])[];
}

/** Returns a run's cases, those of a file together: a file is one behaviour. */
export function renderGroups(
  results: Results,
  charts: ChartOf,
  link: LinkTo,
): { readonly groups: readonly Html[]; readonly rest: Rest } {
  const { cases } = results;
  const severalBases = results.bases.length > 1;
  const bodies: (string | null)[] = [];
  let opened = 0;
  const rows = cases.map((result, index) => {
    const shown = { result, number: index + 1, severalBases, chart: charts(result) };
    const body = renderBody(shown, link);
    const isOpen = isRed(result) && opened < openCases;
    if (isOpen) opened += 1;
    bodies.push(isOpen ? null : body.markup);
    return renderCase(shown, link, isOpen ? body : undefined);
  });
  const kept: (string | null)[] = [];
  const places = new Map<CaseResult, number>();
  let shown = 0;
  const groups = groupByFile(cases).map(([file, group], place) => {
    const own = group.flatMap((each) => cases[each] ?? []);
    for (const result of own) places.set(result, place);
    const isOpen = cases.length <= fewCases || (own.some(isRed) && shown + own.length <= openRows);
    if (isOpen) shown += own.length;
    const markup = html`${group.map((each) => rows[each])}`;
    kept.push(isOpen ? null : markup.markup);
    const suites = [...new Set(own.map(({ suite }) => suite))];
    return html`<details class="group"${isOpen ? html` open` : undefined}>
<summary><h3>${suites[0] === '' ? file : suites[0]}${suites.length > 1 ? ` and ${suites.length - 1} more` : ''}</h3> ${tally(own)} <code class="file">${file}</code></summary>
<div class="own">${isOpen ? markup : undefined}</div></details>
`;
  });
  const index = cases.map(
    (result) =>
      [
        `${caseTitle(result, severalBases)} ${result.file}`,
        outcomeOf(result),
        result.base,
        places.get(result) ?? 0,
      ] as const,
  );
  return { groups, rest: { bodies, rows: kept, index } };
}

function groupByFile(cases: readonly CaseResult[]): [string, number[]][] {
  const groups = new Map<string, number[]>();
  cases.forEach(({ file }, index) => {
    const group = groups.get(file);
    if (group === undefined) groups.set(file, [index]);
    else group.push(index);
  });
  return [...groups];
}

/** How many of a group's cases came to what; of one that is green, only how many they are. */
function tally(cases: readonly CaseResult[]): Html {
  const counts = new Map<string, number>();
  for (const result of cases)
    counts.set(outcomeOf(result), (counts.get(outcomeOf(result)) ?? 0) + 1);
  const others = [...counts].filter(([outcome]) => outcome !== 'pass');
  const chips = others.map(
    ([outcome, number]) => html` <span class="chip ${outcome}">${number} ${outcome}</span>`,
  );
  return html`<span class="time">${count(cases.length, 'case')}</span>${chips}`;
}
