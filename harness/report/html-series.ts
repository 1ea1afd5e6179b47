import type { CaseResult } from '../core/events.ts';
import { isRed } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { html, type Html, type LinkTo } from './html-template.ts';
import { caseTitle, count } from '../core/text.ts';

type BaseReport = Results['baseReports'][number];
type Patch = BaseReport['series'][number];

/** A case and its place among the results, which its anchor is named for. */
interface Placed {
  readonly result: CaseResult;
  readonly number: number;
}

/** Returns each base's source, image and patches, and what the run showed of each patch. */
export function renderSeries(results: Results, link: LinkTo): Html {
  if (results.baseReports.length === 0) return html`<p>No kernel was built.</p>`;
  return html`${results.baseReports.map((report) => renderBase(report, results, link))}`;
}

function renderBase(report: BaseReport, { cases }: Results, link: LinkTo): Html {
  const { base, version, sourceId, origin, compiler, imageKey, rootfsKey, kernelWarnings } = report;
  const built = compiler === undefined ? '' : `, built with ${compiler}`;
  const placed = cases
    .map((result, index) => ({ result, number: index + 1 }))
    .filter(({ result }) => result.base === base);
  const patches = report.series.map((patch) => renderPatch(patch, placed));
  return html`<h3>${base}</h3>
<p>${version} (<code>${sourceId}</code>), ${origin}${built}. Image <code>${imageKey}</code>, user space <code>${rootfsKey}</code>. ${count(kernelWarnings, 'compiler warning')} in lines of the series. ${link(`${base}-build.log`, 'build log')} · ${link(`${base}-config`, 'config')}</p>
<ol class="series">${patches}</ol>`;
}

function renderPatch(patch: Patch, cases: readonly Placed[]): Html {
  const { number, subject, file, warnings = 0 } = patch;
  const own = cases.filter(({ result }) => result.patches?.includes(subject) === true);
  const red = own.filter(({ result }) => isRed(result));
  const blamed = cases.filter(({ result }) => isRed(result) && isBlamed(subject, result));
  const facts = [
    blamed.length === 0 ? '' : `in the stack of ${count(blamed.length, 'red case')}`,
    warnings === 0 ? '' : `${count(warnings, 'compiler warning')} of the series in its files`,
  ].filter((fact) => fact !== '');
  return html`<li value="${number}"><span class="subject">${subject}</span> ${status(own, red.length)}${facts.map((fact) => ` · ${fact}`)} <code>${file}</code>${linksTo([...new Set([...red, ...blamed])])}</li>
`;
}

/** The cases that need a patch speak for it; without one, nothing does. */
function status(own: readonly Placed[], red: number): Html {
  const ran = own.filter(
    ({ result }) => result.verdict !== 'skip' && result.verdict !== 'not-run',
  ).length;
  if (ran === 0) return html`<span class="time">no case of this run needs it</span>`;
  if (red === 0) return html`<span class="chip pass">${ran} green</span>`;
  return html`<span class="chip fail">${red} of ${ran} red</span>`;
}

function linksTo(cases: readonly Placed[]): Html | undefined {
  if (cases.length === 0) return undefined;
  const items = cases.map(
    ({ result, number }) =>
      html`<li><a href="#case-${number}">${caseTitle(result, false)}</a></li>`,
  );
  return html`<ul>${items}</ul>`;
}

/** A frame's patch is told as `0012 c/r: dump open files`; the innermost that has one counts. */
function isBlamed(subject: string, { findings }: CaseResult): boolean {
  return findings.some(({ stack = [] }) => {
    const patch = stack.find((frame) => frame.reliable && frame.patch !== undefined)?.patch;
    return patch?.replace(/^\d+ /, '') === subject;
  });
}
