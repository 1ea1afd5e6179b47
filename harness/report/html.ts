import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Coverage } from '../core/coverage.ts';
import type { History } from '../results/history.ts';
import type { Results } from '../results/results.ts';
import { findFlakes } from './flakes.ts';
import { describeAgainst } from './against.ts';
import { renderCase } from './html-case.ts';
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
import { renderSeries } from './html-series.ts';
import { html, linkTo, trusted } from './html-template.ts';
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
  coverages: readonly Coverage[] = [],
  _history: History = { runs: [] },
): string {
  const link = linkTo(isThere);
  const severalBases = results.bases.length > 1;
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
<nav><a href="#cases">Cases</a> <a href="#timings">Timings</a> <a href="#guests">Guests</a> <a href="#series">Series</a>${coverages.length === 0 ? undefined : html` <a href="#coverage">Coverage</a>`} <a href="#environment">Environment</a></nav>
<main>
${(results.against ?? []).map((each) => {
  const [title, ...lines] = describeAgainst(each);
  return renderList(title, lines);
})}${renderEarlyEnd(results)}${renderList('Warnings', results.warnings)}${renderList('Notes', results.notes)}
${renderRepeated(results)}<section id="cases"><h2>Cases</h2>
${renderFilters(results)}
${results.cases.map((result, index) => renderCase(result, index + 1, severalBases, link))}
${renderMissing(results)}
<p id="none" hidden>No case matches.</p>
</section>
<section id="timings"><h2>Timings</h2>${renderTimings(results)}</section>
<section id="guests"><h2>Guests</h2>${renderGuests(results, link)}</section>
<section id="series"><h2>Series</h2>${renderSeries(results, link)}</section>
${renderCoverages(coverages, results, link)}<section id="environment"><h2>Environment</h2>${renderEnvironment(results)}</section>
</main>
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.markup;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function outcome({ exitCode, totals: { fail } }: Results): 'Green' | 'Red' | 'Error' {
  if (exitCode === 0) return 'Green';
  return fail > 0 ? 'Red' : 'Error';
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
