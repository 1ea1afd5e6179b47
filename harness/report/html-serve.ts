import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { count, duration } from '../core/text.ts';
import { keyOf, type CaseName, type History, type PastRun } from '../results/history.ts';
import { isRedOutcome, type CaseHistory, type Trends } from '../results/trends.ts';
import { drawChart } from './html-chart.ts';
import { html, trusted, type Html } from './html-template.ts';

const style = readFileSync(join(import.meta.dirname, 'page.css'), 'utf8');
const script = readFileSync(join(import.meta.dirname, 'serve.js'), 'utf8');

/** Runs and cases that a page lists. */
const listed = 200;

/** A run that goes on, as far as a page draws it before its script does. */
interface Going {
  readonly run: string;
  readonly lines: readonly string[];
}

/** Returns the page of a results folder: what goes on, and its runs, the newest first. */
export function renderRunsPage(
  runs: readonly PastRun[],
  kept: ReadonlySet<string>,
  going: readonly Going[],
): string {
  const rows = runs.slice(0, listed).map((run) => {
    const { commit, kind, milliseconds, cases, proven = 0 } = run;
    const red = cases.filter(({ outcome }) => isRedOutcome(outcome)).length;
    const facts = [
      `${count(cases.length, 'case')} run`,
      ...(red === 0 ? [] : [`${red} red`]),
      ...(proven === 0 ? [] : [`${proven} in earlier runs`]),
      duration(milliseconds),
      ...(kind === undefined ? [] : [kind]),
      ...(commit === undefined ? [] : [commit]),
    ];
    return html`<li>${exitChip(run)} ${runLink(run.run, kept)} <span class="time">${facts.join(' · ')}</span></li>
`;
  });
  const live = going.map(
    ({ run, lines }) =>
      html`<section data-run="${run}"><h2>${run}</h2><pre>${lines.join('\n')}</pre></section>`,
  );
  return renderPage(
    'Runs',
    html`<div id="live">${live}</div><section><h2>Runs</h2><ul class="news">${rows}</ul></section>`,
    true,
  );
}

/** Returns what a history shows as a page. */
export function renderHistoryPage({ runs }: History, trends: Trends): string {
  const { red, turns, flakes, slower } = trends;
  const parts = [
    part('Red when judged last', red, ({ since, last }) => [
      last.outcome,
      `since ${since.run.run} (${since.run.commit ?? 'commit unknown'})`,
    ]),
    part('Turned, the newest first', turns, ({ before, after }) => [
      after.outcome,
      `${before.outcome} in ${before.run.run}, ${after.outcome} in ${after.run.run}`,
    ]),
    part('Flaky', flakes, ({ passed, ran }) => ['flaky', `passed ${passed} of ${ran}`]),
    part('Slower by half', slower, ({ usual, now }) => [
      'slow',
      `${duration(now)} of late, ${duration(usual)} before`,
    ]),
  ];
  return renderPage('History', html`<p>${count(runs.length, 'run')}</p>${parts}`, false);
}

function part<T extends CaseName>(
  title: string,
  items: readonly T[],
  words: (item: T) => readonly [chip: string, words: string],
): Html | undefined {
  if (items.length === 0) return undefined;
  const rows = items.slice(0, listed).map((item) => {
    const [chip, text] = words(item);
    return html`<li><span class="chip ${chip}">${chip}</span> <a href="/history?${new URLSearchParams({ case: keyOf(item) }).toString()}">${item.base} ${item.id}</a> <span class="time">${text}</span></li>
`;
  });
  return html`<section><h2>${title}</h2><ul class="news">${rows}</ul></section>`;
}

/** Returns one case's runs as a page, the newest first. */
export function renderCasePage(
  { base, id, points }: CaseHistory,
  kept: ReadonlySet<string>,
): string {
  const rows = [...points].reverse().map(
    ({ run, outcome, milliseconds, passed, ran, reason }) =>
      html`<li><span class="chip ${outcome}">${outcome}</span> ${runLink(run.run, kept, id)} <span class="time">${ran === 1 ? duration(milliseconds) : `passed ${passed} of ${ran}`} ${run.commit} ${run.kind} ${reason}</span></li>
`,
  );
  return renderPage(
    `${base} ${id}`,
    html`<p>${drawChart(points)}</p><ul class="news">${rows}</ul>`,
    false,
  );
}

/** Returns the page for what is not there. */
export function renderMissingPage(): string {
  return renderPage('Not here', html`<p>There is no such run, file or case.</p>`, false);
}

function exitChip({ exit }: PastRun): Html {
  const [kind, word] =
    exit === 0 ? ['pass', 'green'] : exit === 1 ? ['fail', 'red'] : ['error', 'error'];
  return html`<span class="chip ${kind}">${word}</span>`;
}

/** A run's report, at the case that is meant, if its folder is there. */
function runLink(run: string, kept: ReadonlySet<string>, id?: string): Html {
  if (!kept.has(run)) return html`${run}`;
  const place = id === undefined ? '' : `#${new URLSearchParams({ q: id }).toString()}`;
  return html`<a href="/runs/${encodeURIComponent(run)}/report.html${place}">${run}</a>`;
}

function renderPage(title: string, body: Html, isLive: boolean): string {
  const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; img-src data:; connect-src 'self'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header><h1>${title}</h1></header>
<nav><a href="/">Runs</a> <a href="/history">History</a></nav>
<main>${body}</main>
${isLive ? html`<script>${trusted(script)}</script>` : undefined}
</body>
</html>
`.markup;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
