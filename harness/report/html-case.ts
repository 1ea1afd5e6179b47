import { blameOf, formatFrame, surest } from '../../qemu/stacks.ts';
import type { CaseArtefact, CaseResult } from '../core/events.ts';
import { isRed, outcomeOf } from '../results/outcome.ts';
import { html, type Html, type LinkTo } from './html-template.ts';
import { artefactsOf } from './red.ts';
import { caseTitle, cleanLine, duration, provenWords } from '../core/text.ts';

type Stack = NonNullable<CaseResult['findings'][number]['stack']>;

/** A case as the page shows it. */
export interface ShownCase {
  readonly result: CaseResult;
  /** Its place among the results, from 1, which its anchors are named for. */
  readonly number: number;
  readonly severalBases: boolean;
  /** How it went before. */
  readonly chart: Html | undefined;
}

/**
 * Returns a case as a part of the page that opens and closes. Its body may come later, when it is
 * opened: a page of thousands of cases would take long to lay out.
 */
export function renderCase(shown: ShownCase, link: LinkTo, body: Html | undefined): Html {
  const { result, number, severalBases } = shown;
  const { base, milliseconds, attempt, provenIn } = result;
  const outcome = outcomeOf(result);
  const open = body === undefined ? undefined : html` open`;
  const again = attempt === undefined ? '' : ` (${attempt.number} of ${attempt.of})`;
  const title = `${caseTitle(result, severalBases)}${again}`;
  const time = provenIn === undefined ? duration(milliseconds) : 'earlier';
  return html`<details id="case-${number}" class="case" data-verdict="${outcome}" data-base="${base}"${open}>
<summary><span class="chip ${outcome}">${outcome}</span> <span class="title">${title}</span>${shortCuts(shown, link)} <span class="time">${time}</span></summary>
<div class="body">${body}</div>
</details>
`;
}

/** What a reader wants of a case at once: its console, what it wrote. */
function shortCuts({ result, number }: ShownCase, link: LinkTo): Html | undefined {
  const cuts = [
    ...(result.console.length > 0 ? [html`<a href="#console-${number}">console</a>`] : []),
    ...artefactsOf(result).flatMap(({ name, file }) =>
      file === undefined ? [] : [link(file, name)],
    ),
  ];
  if (cuts.length === 0) return undefined;
  return html` <span class="cuts">${cuts.map((cut) => html`${cut} `)}</span>`;
}

/** Returns what a case shows when it is open. */
export function renderBody({ result, number, chart }: ShownCase, link: LinkTo): Html {
  const { reason, known, rerun, look = [], file, guest, provenIn } = result;
  const place = result.assertion?.at ?? file;
  const proof = provenIn === undefined ? undefined : `../${provenIn}/report.html`;
  return html`<p class="where">${place}${guest === undefined ? '' : ` · guest ${guest}`}${chart === undefined ? undefined : html` · ${chart}`}</p>
${known === undefined ? undefined : html`<p>Known to fail: ${known}</p>`}
${provenWords(result).map((words) => html`<p>${words}${proof === undefined ? undefined : html` · ${link(proof, 'its report')}`}</p>`)}
${reason === undefined ? undefined : html`<p class="reason">${reason}</p>`}
${assertionPart(result)}${errorPart(result)}${findingsPart(result)}
${artefactsOf(result).map((image) => artefactPart(image, link))}${linesPart('Shim', `shim-${number}`, result.shim)}
${linesPart('Console', `console-${number}`, result.console)}
<p>Rerun: <code>${rerun}</code></p>
${isRed(result) ? look.map((command) => html`<p>Look: <code>${command}</code></p>`) : undefined}
`;
}

function assertionPart({ assertion, reason }: CaseResult): Html | undefined {
  if (assertion === undefined) return undefined;
  const { message, diff, expected, actual } = assertion;
  const told = reason?.includes(message) === true ? undefined : html`<p>${message}</p>`;
  if (diff !== undefined)
    return html`${told}<pre class="diff">${diff.split('\n').map(diffLine)}</pre>`;
  if (expected === undefined && actual === undefined) return told;
  return html`${told}<dl><dt>expected</dt><dd><code>${expected}</code></dd><dt>actual</dt><dd><code>${actual}</code></dd></dl>`;
}

function diffLine(line: string): Html {
  const kind = /^\s*\+/.test(line) ? 'added' : /^\s*-/.test(line) ? 'removed' : 'same';
  return html`<span class="${kind}">${cleanLine(line)}
</span>`;
}

function errorPart({ error }: CaseResult): Html | undefined {
  if (error === undefined) return undefined;
  const { doing, what, next, code, details } = error;
  return html`<div class="error"><p><strong>${doing}</strong>: ${what}</p>
${details === undefined ? undefined : pre(details)}
<p>${next} <code>${code}</code></p></div>`;
}

function findingsPart({ findings }: CaseResult): Html | undefined {
  if (findings.length === 0) return undefined;
  const items = findings.map(
    ({ kind, lines, stack = [] }) =>
      html`<li><strong>${kind}</strong>${blamePart(stack)}${pre(lines)}</li>`,
  );
  return html`<ul class="findings">${items}</ul>`;
}

function blamePart(stack: Stack): Html | undefined {
  if (stack.length === 0) return undefined;
  const blame = blameOf(stack);
  return html`${blame === undefined ? undefined : html`<p class="reason">${blame}</p>`}${pre(
    surest(stack).map((frame) => `at ${formatFrame(frame)}`),
  )}`;
}

function artefactPart({ name, file, path, lines }: CaseArtefact, link: LinkTo): Html {
  const bytes = file === undefined ? undefined : html` · ${link(file, 'bytes')}`;
  return html`<h4>${name} <code>${path}</code>${bytes}</h4>${pre(lines, 'log')}`;
}

function linesPart(name: string, id: string, lines: readonly string[]): Html | undefined {
  if (lines.length === 0) return undefined;
  return html`<h4 id="${id}"><a href="#${id}">${name}</a></h4>${pre(lines, 'log')}`;
}

/** Lines a tool or a guest printed. HTML drops a line break right after <pre>: hence one more. */
function pre(lines: readonly string[], kind = 'words'): Html {
  return html`<pre class="${kind}">
${lines.map(cleanLine).join('\n')}</pre>`;
}
