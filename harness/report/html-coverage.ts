import type { Coverage, FileCoverage, LineCoverage, Totals } from '../core/coverage.ts';
import { percent } from '../coverage/coverage.ts';
import { explainedWords, leftOutReason, renderPatchName, renderStale } from '../coverage/render.ts';
import type { Results } from '../results/results.ts';
import { html, type Html, type LinkTo } from './html-template.ts';

/** Cases that a line links to; it counts the others. */
const linkedCases = 3;

/** Lines of the kernel's own that are shown around one that is asked about. */
const context = 3;

/** Returns a case's place among the results, which its anchor is named for. */
type NumberOf = (place: number) => number | undefined;

/** Returns what each base's cases have run, line by line, or nothing where that was not asked. */
export function renderCoverages(
  coverages: readonly Coverage[],
  { cases }: Results,
  link: LinkTo,
): Html | undefined {
  if (coverages.length === 0) return undefined;
  const bases = coverages.map((coverage) => {
    const numbers = new Map<string, number>();
    cases.forEach(({ base, id }, index) => {
      if (base === coverage.base && !numbers.has(id)) numbers.set(id, index + 1);
    });
    return renderBase(coverage, (place) => numbers.get(coverage.cases[place] ?? ''));
  });
  return html`<section id="coverage"><h2>Coverage</h2>
<p>${link('coverage.json', 'as JSON')} · ${link('lcov.info', 'for lcov')}</p>
${bases}</section>
`;
}

function renderBase({ base, totals, patches, files, stale }: Coverage, numberOf: NumberOf): Html {
  const shown = patches.filter((patch) => patch.withCode + patch.leftOut > 0);
  const rows = shown.map((patch) => renderRow(renderPatchName(patch), patch));
  const wrong = stale.map((each) => html`<li>${renderStale(each)}</li>`);
  return html`<h3>${base}: ${share(totals)}</h3>
${wrong.length === 0 ? undefined : html`<p>Reasons that are wrong by now:</p><ul>${wrong}</ul>`}
<details><summary>By patch</summary><table class="shares">${rows}</table></details>
${files
  .filter((file) => file.withCode + file.leftOut > 0)
  .map((file) => renderFile(file, numberOf))}`;
}

function renderRow(name: string, totals: Totals): Html {
  return html`<tr><td>${percent(totals)}</td><td>${totals.reached}/${totals.withCode}</td><td>${name}</td></tr>
`;
}

function share(totals: Totals): string {
  const { reached, withCode, leftOut } = totals;
  const left = leftOut === 0 ? '' : `, ${leftOut} not compiled`;
  return `${percent(totals)}, ${reached} of ${withCode} lines${left}${explainedWords(totals)}`;
}

function renderFile(file: FileCoverage, numberOf: NumberOf): Html {
  const shown = findShown(file.lines);
  const rows = file.lines.map((line, index) => {
    if (shown[index] === true) return renderLine(line, numberOf);
    return shown[index - 1] === true
      ? html`<tr class="gap"><td colspan="5">⋯</td></tr>`
      : undefined;
  });
  return html`<details class="source"><summary><code>${file.path}</code> ${share(file)}</summary>
<table><thead><tr><th>line</th><th>hits</th><th>cases</th><th>patch</th><th></th></tr></thead>
${rows}</table></details>
`;
}

/** All of a file of the series; of one that it only touches, what is near its lines. */
function findShown(lines: readonly LineCoverage[]): boolean[] {
  const asked = lines.map(
    ({ patch, hits, leftOut }) =>
      patch !== undefined || hits !== undefined || leftOut !== undefined,
  );
  const shown = lines.map(() => false);
  asked.forEach((isAsked, index) => {
    if (isAsked)
      shown.fill(true, Math.max(0, index - context), Math.min(lines.length, index + context + 1));
  });
  return shown;
}

function renderLine(line: LineCoverage, numberOf: NumberOf): Html {
  const { hits, leftOut, patch, cases = [], text } = line;
  const kind = leftOut !== undefined ? 'out' : hits === undefined ? '' : hits > 0 ? 'hit' : 'miss';
  const { reason } = line;
  const why = reason && html`<span class="why">${reason.kind}: ${reason.reason}</span>`;
  const needs = leftOutReason(line);
  const title = needs === undefined ? undefined : html` title="not compiled: ${needs}"`;
  return html`<tr class="${kind}${why && ' told'}"${title}><td>${line.line}</td><td>${hits}</td><td>${renderCases(cases, numberOf)}</td><td>${patch}</td><td>${text}${why}</td></tr>
`;
}

function renderCases(places: readonly number[], numberOf: NumberOf): Html | undefined {
  if (places.length === 0) return undefined;
  const links = places
    .flatMap((place) => numberOf(place) ?? [])
    .slice(0, linkedCases)
    .map((number) => html` <a href="#case-${number}">#${number}</a>`);
  return html`${places.length}:${links}${places.length > links.length ? ' …' : undefined}`;
}
