import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../results.ts';
import { renderCase } from './html-case.ts';
import { html, trusted, type Html } from './html-template.ts';
import { renderTimings } from './html-timings.ts';
import { caseTitle, count, duration } from './text.ts';

const style = readFileSync(join(import.meta.dirname, 'page.css'), 'utf8');
const script = readFileSync(join(import.meta.dirname, 'page.js'), 'utf8');

// Should a guest's text ever get past the escaping, the browser still runs and loads
// nothing but these two.
const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}`;

/** Returns a run as one HTML page that needs no other file. */
export function renderHtml(results: Results): string {
  const severalBases = results.bases.length > 1;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${outcome(results)}: ${results.run}</title>
        <style>
          ${trusted(style)}
        </style>
      </head>
      <body>
        <header class="${outcomeClass(results)}">
          <h1>${outcome(results)}: ${results.bases.join(', ')}</h1>
          <p class="totals">${totals(results)}</p>
          <p><time>${results.time}</time> · <code>${results.command}</code></p>
        </header>
        <nav>
          <a href="#cases">Cases</a> <a href="#timings">Timings</a> <a href="#guests">Guests</a>
          <a href="#series">Series</a> <a href="#environment">Environment</a>
        </nav>
        <main>
          ${early(results)}${list('Warnings', results.warnings)}${list('Notes', results.notes)}
          <section id="cases">
            <h2>Cases</h2>
            ${filters(results)}
            ${results.cases.map((result, index) => renderCase(result, index + 1, severalBases))}
            ${missing(results, severalBases)}
            <p id="none" hidden>No case matches.</p>
          </section>
          <section id="timings">
            <h2>Timings</h2>
            ${renderTimings(results)}
          </section>
          <section id="guests">
            <h2>Guests</h2>
            ${guests(results)}
          </section>
          <section id="series">
            <h2>Series</h2>
            ${series(results)}
          </section>
          <section id="environment">
            <h2>Environment</h2>
            ${environment(results)}
          </section>
        </main>
        <script>
          ${trusted(script)};
        </script>
      </body>
    </html> `;
  return page.markup;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function outcome({ exitCode, totals }: Results): string {
  if (exitCode === 0) return 'Green';
  return totals.fail > 0 ? 'Red' : 'Error';
}

function outcomeClass(results: Results): string {
  return { Green: 'pass', Red: 'fail' }[outcome(results)] ?? 'error';
}

function totals({
  totals: { planned, pass, fail, skip, error },
  milliseconds,
  missing: lost,
}: Results): string {
  const words = [`${pass} passed`, `${fail} failed`, `${skip} skipped`];
  if (error > 0) words.push(`${error} in error`);
  if (lost.length > 0) words.push(`${lost.length} not reported`);
  return `${count(planned, 'case')}: ${words.join(', ')} in ${duration(milliseconds)}`;
}

function early({ error, finished }: Results): Html | undefined {
  if (error !== undefined)
    return html`<section class="error">
      <h2>The run ended early</h2>
      <p><strong>${error.doing}</strong>: ${error.what}</p>
      ${error.details === undefined ? undefined : html`<pre>${error.details.join('\n')}</pre>`}
      <p>${error.next} <code>${error.code}</code></p>
    </section>`;
  return finished ? undefined : html`<section class="error"><h2>The run broke off</h2></section>`;
}

function list(name: string, items: readonly string[]): Html | undefined {
  if (items.length === 0) return undefined;
  return html`<section>
    <h2>${name}</h2>
    <ul>
      ${items.map((item) => html`<li>${item}</li>`)}
    </ul>
  </section>`;
}

function filters({ bases, cases }: Results): Html {
  const verdicts = [...new Set(cases.map(({ verdict }) => verdict))];
  const boxes = (name: string, values: readonly string[]) =>
    values.length < 2
      ? undefined
      : values.map(
          (value) =>
            html`<label
              ><input type="checkbox" name="${name}" value="${value}" checked /> ${value}</label
            > `,
        );
  return html`<form id="filters">
    <input type="search" name="text" placeholder="Find a case" aria-label="Find a case" />
    ${boxes('verdict', verdicts)}${boxes('base', bases)}
  </form>`;
}

function missing(results: Results, severalBases: boolean): Html | undefined {
  if (results.missing.length === 0) return undefined;
  return html`<h3>Planned, but never reported</h3>
    <ul>
      ${results.missing.map((planned) => html`<li>${caseTitle(planned, severalBases)}</li>`)}
    </ul>`;
}

function guests(results: Results): Html {
  if (results.guests.length === 0) return html`<p>No guest was started.</p>`;
  return html`<ul>
    ${results.guests.map(
      ({ name, how, ready, consoleLog, commandLine, findings, expected, status, signal }) =>
        html`<li>
          <strong>${name}</strong>
          ${how}${ready === undefined ? ', never ready' : `, ready after ${duration(ready)}`}${
            expected === false
              ? `, ended on its own (${signal ?? `status ${status ?? 'unknown'}`})`
              : ''
          }
          · <a href="${consoleLog}">console</a>
          <details>
            <summary>QEMU</summary>
            <pre>${commandLine.join(' ')}</pre>
          </details>
          ${findings.map(
            ({ kind, lines }) =>
              html`<p>${kind}, outside any case:</p>
                <pre>${lines.join('\n')}</pre>`,
          )}
        </li>`,
    )}
  </ul>`;
}

function series({ baseReports }: Results): Html {
  if (baseReports.length === 0) return html`<p>No kernel was built.</p>`;
  return html`${baseReports.map(
    (report) =>
      html`<h3>${report.base}</h3>
        <p>
          ${report.version} (<code>${report.sourceId}</code>), ${report.origin}. Image
          <code>${report.imageKey}</code>, user space <code>${report.rootfsKey}</code>,
          ${count(report.kernelWarnings, 'compiler warning')} in files the series touches.
          <a href="${report.base}-build.log">build log</a> ·
          <a href="${report.base}-config">config</a>
        </p>
        <ol class="series">
          ${report.series.map(({ number, subject, file }) => html`<li value="${number}">${subject} <code>${file}</code></li>`)}
        </ol>`,
  )}`;
}

function environment({ environment: facts, accelerator }: Results): Html {
  const rows = [
    ...(accelerator === undefined
      ? []
      : [
          [
            'accelerator',
            `${accelerator.reason} (deadlines x ${accelerator.factor.toFixed(1)})`,
          ] as const,
        ]),
    ...Object.entries(facts),
  ];
  return html`<dl>
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}
