import { outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { findRepeated } from './flakes.ts';
import { html, type Html, type LinkTo } from './html-template.ts';
import { caseTitle, cleanLine, duration } from '../core/text.ts';

/** Returns what ended the run before its end, if anything did. */
export function renderEarlyEnd({ error, finished }: Results): Html | undefined {
  if (error !== undefined)
    return html`<section class="error"><h2>The run ended early</h2>
<p><strong>${error.doing}</strong>: ${error.what}</p>
${error.details === undefined ? undefined : html`<pre>${error.details.map(cleanLine).join('\n')}</pre>`}
<p>${error.next} <code>${error.code}</code></p></section>`;
  return finished ? undefined : html`<section class="error"><h2>The run broke off</h2></section>`;
}

/** Returns a section of plain sentences, or nothing where there are none. */
export function renderList(name: string, items: readonly string[]): Html | undefined {
  if (items.length === 0) return undefined;
  return html`<section><h2>${name}</h2><ul>${items.map((item) => html`<li>${item}</li>`)}</ul></section>`;
}

/** Returns the form that page.js filters the cases by. */
export function renderFilters({ bases, cases }: Results): Html {
  const box = (name: string, value: string) =>
    html`<label><input type="checkbox" name="${name}" value="${value}" checked> ${value}</label> `;
  const boxes = (name: string, values: readonly string[]) =>
    values.length < 2 ? undefined : values.map((value) => box(name, value));
  const verdicts = [...new Set(cases.map(outcomeOf))];
  return html`<form id="filters"><input type="search" name="text" placeholder="Find a case: /" aria-label="Find a case"> ${boxes('verdict', verdicts)}${boxes('base', bases)}</form>`;
}

/** Returns the cases that were run several times, those that did not always pass first. */
export function renderRepeated({ cases, bases }: Results): Html | undefined {
  const repeated = findRepeated(cases);
  if (repeated.length === 0) return undefined;
  const rows = [...repeated]
    .sort((a, b) => a.passed / a.ran - b.passed / b.ran)
    .map(({ shown, passed, ran }) => {
      const word = passed === ran ? 'pass' : passed === 0 ? shown.verdict : 'flaky';
      return html`<li><span class="chip ${word}">${word}</span> ${caseTitle(shown, bases.length > 1)}: passed ${passed} of ${ran}</li>`;
    });
  return html`<section id="repeated"><h2>Run several times</h2><ul>${rows}</ul></section>`;
}

/** Returns the cases that were planned and never heard of again. */
export function renderMissing({ missing, bases }: Results): Html | undefined {
  if (missing.length === 0) return undefined;
  const items = missing.map((planned) => html`<li>${caseTitle(planned, bases.length > 1)}</li>`);
  return html`<h3>Planned, but never reported</h3><ul>${items}</ul>`;
}

/** Returns the guests: how they came up and ended, and what they said outside any case. */
export function renderGuests({ guests }: Results, link: LinkTo): Html {
  if (guests.length === 0) return html`<p>No guest was started.</p>`;
  return html`<ul>${guests.map((guest) => renderGuest(guest, link))}</ul>`;
}

function renderGuest(guest: Results['guests'][number], link: LinkTo): Html {
  const { name, how, ready, consoleLog, commandLine, manual, findings, expected, status, signal } =
    guest;
  const up = ready === undefined ? ', never ready' : `, ready after ${duration(ready)}`;
  const end =
    expected === false ? `, ended on its own (${signal ?? `status ${status ?? '?'}`})` : '';
  const said = findings.map(
    ({ kind, lines }) =>
      html`<p>${kind}, outside any case:</p><pre>${lines.map(cleanLine).join('\n')}</pre>`,
  );
  return html`<li><strong>${name}</strong> ${how}${up}${end} · ${link(consoleLog, 'console')}
<details><summary>QEMU</summary><pre>${commandLine.join(' ')}</pre>${manual === undefined ? undefined : html`<p>By hand:</p><pre>${manual}</pre>`}</details>${said}</li>`;
}

/** Returns where the run happened. */
export function renderEnvironment({ environment, accelerator }: Results): Html {
  const rows = Object.entries(environment);
  if (accelerator !== undefined) {
    const { reason, factor } = accelerator;
    rows.unshift(['accelerator', `${reason} (deadlines x ${factor.toFixed(1)})`]);
  }
  return html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
