import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { History } from '../results/history.ts';
import type { Results } from '../results/results.ts';
import { findNews } from '../results/trends.ts';
import { findFlakes } from './flakes.ts';
import { describeAgainst } from './against.ts';
import { noExtras, type Extras } from './extras.ts';
import { renderCoverages } from './html-coverage.ts';
import {
  renderEarlyEnd,
  renderEnvironment,
  renderFilters,
  renderGuests,
  renderList,
  renderMissing,
  renderRepeated,
} from './html-sections.ts';
import { renderMutations } from './html-mutants.ts';
import { renderSeries } from './html-series.ts';
import { findCharts } from './html-chart.ts';
import { renderGroups, type Rest } from './html-groups.ts';
import { renderMap } from './html-map.ts';
import { renderNewsSection } from './html-news.ts';
import { html, linkTo, trusted, type Html } from './html-template.ts';
import { renderTimings } from './html-timings.ts';
import { count, duration, earlierWords } from '../core/text.ts';

const style = readFileSync(join(import.meta.dirname, 'page.css'), 'utf8');
const script = readFileSync(join(import.meta.dirname, 'page.js'), 'utf8');

// Should a guest's text ever get past the escaping, the browser still runs and loads
// nothing but these two.
const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}`;

/**
 * Returns a run as one HTML page that needs no other file. It links to the files of the run's
 * folder that are there.
 */
export function renderHtml(
  results: Results,
  isThere: (file: string) => boolean = () => true,
  { coverages, mutations }: Extras = noExtras,
  history: History = { runs: [] },
): string {
  const link = linkTo(remember(isThere));
  const charts = findCharts(history, results);
  const { groups, rest } = renderGroups(results, charts, link);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${outcome(results)}: ${results.run}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header class="${outcomeClass(results)}">
<h1>${outcome(results)}: ${results.bases.join(', ')}</h1>
<p class="totals">${totals(results)}</p>
<p><time>${results.time}</time> · <code>${results.command}</code></p>
</header>
<nav><a href="#map">Map</a> <a href="#cases">Cases</a> <a href="#timings">Timings</a> <a href="#guests">Guests</a> <a href="#series">Series</a>${coverages.length === 0 ? undefined : html` <a href="#coverage">Coverage</a>`}${mutations.length === 0 ? undefined : html` <a href="#mutants">Mutants</a>`} <a href="#environment">Environment</a> <button type="button" id="keys" title="Keys (?)">?</button></nav>
<main>
${(results.against ?? []).map((each) => {
  const [title, ...lines] = describeAgainst(each);
  return renderList(title, lines);
})}${renderEarlyEnd(results)}${renderNewsSection(findNews(history, results), results, charts)}${renderList('Warnings', results.warnings)}${renderList('Notes', results.notes)}
${renderRepeated(results)}<section id="map"><h2>Map</h2>
${renderMap(results)}</section>
<section id="cases"><h2>Cases</h2>
${renderFilters(results)}
${groups}
${renderMissing(results)}
<p id="none" hidden>No case matches.</p>
</section>
<section id="timings"><h2>Timings</h2>${renderTimings(results)}</section>
<section id="guests"><h2>Guests</h2>${renderGuests(results, link)}</section>
<section id="series"><h2>Series</h2>${renderSeries(results, link)}</section>
${renderCoverages(coverages, results, link)}${renderMutations(mutations, link)}<section id="environment"><h2>Environment</h2>${renderEnvironment(results)}</section>
</main>
${renderHelp()}<template id="rest">${packed(rest)}</template>
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.markup;
}

/** Text that no browser takes apart before it is asked for: JSON, which has no markup then. */
function packed(rest: Rest): Html {
  return trusted(JSON.stringify(rest).replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
}

/** Hundreds of cases ask for the same file. */
function remember(isThere: (file: string) => boolean): (file: string) => boolean {
  const known = new Map<string, boolean>();
  return (file) => {
    const answer = known.get(file) ?? isThere(file);
    known.set(file, answer);
    return answer;
  };
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function outcome({ exitCode, totals: { fail } }: Results): 'Green' | 'Red' | 'Error' {
  if (exitCode === 0) return 'Green';
  return fail > 0 || exitCode === 1 ? 'Red' : 'Error';
}

function outcomeClass(results: Results): string {
  return { Green: 'pass', Red: 'fail', Error: 'error' }[outcome(results)];
}

function totals(results: Results): string {
  const { planned, pass, fail, known, skip, error, 'not-run': left } = results.totals;
  const words = [`${pass} passed${earlierWords(results.cases)}`, `${fail} failed`];
  if (known > 0) words.push(`${known} known to fail`);
  words.push(`${skip} skipped`);
  if (error > 0) words.push(`${error} in error`);
  if (left > 0) words.push(`${left} not run`);
  const flaky = findFlakes(results.cases).length;
  if (flaky > 0) words.push(count(flaky, 'flaky case'));
  if (results.missing.length > 0) words.push(`${results.missing.length} not reported`);
  return `${count(planned, 'case')}: ${words.join(', ')} in ${duration(results.milliseconds)}`;
}

/** What page.js does for a key. */
const keys = [
  ['/', 'find a case by words of its name'],
  ['j  k', 'the next case, the one before'],
  ['r  R', 'the next red case, the one before'],
  ['Enter', 'open or close the case'],
  ['c', 'its console'],
  ['Esc', 'leave the words, then show all cases'],
  ['?', 'this list'],
] as const;

/** Returns the list of keys, which page.js shows. */
function renderHelp(): Html {
  const rows = keys.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`);
  return html`<dialog id="help"><h2>Keys</h2><dl>${rows}</dl><form method="dialog"><button>Close</button></form></dialog>
`;
}
