import type { Results } from '../results.ts';
import { html, type Html } from './html-template.ts';
import { caseTitle, duration } from './text.ts';

/** Cases shown by duration: the rest is noise. */
const slowest = 20;

interface Bar {
  readonly name: string;
  readonly start: number;
  readonly milliseconds: number;
  readonly kind: string;
  readonly href?: string;
}

/** Returns the charts: when stages and guests ran, and which cases took longest. */
export function renderTimings(results: Results): Html {
  const severalBases = results.bases.length > 1;
  const timeline: Bar[] = [
    ...results.stages.map(({ stage, base, start, milliseconds, error }) => ({
      name: [base, stage].filter((word) => word !== undefined).join(' '),
      start,
      milliseconds,
      kind: error === undefined ? 'stage' : 'fail',
    })),
    ...results.guests.map(({ name, start, end }) => ({
      name,
      start,
      milliseconds: (end ?? results.milliseconds) - start,
      kind: 'guest',
    })),
  ];
  const cases: Bar[] = results.cases
    .map((result, index) => ({
      name: caseTitle(result, severalBases),
      start: 0,
      milliseconds: result.milliseconds,
      kind: result.verdict,
      href: `#case-${index + 1}`,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, slowest);
  const longest = Math.max(1, ...cases.map(({ milliseconds }) => milliseconds));
  const whole = Math.max(
    1,
    results.milliseconds,
    ...timeline.map((bar) => bar.start + bar.milliseconds),
  );
  return html`<h3>Stages and guests</h3>
    ${chart(timeline, whole)}
    <h3>Slowest cases</h3>
    ${chart(cases, longest)}`;
}

function chart(bars: readonly Bar[], whole: number): Html {
  const share = (milliseconds: number) => `${((100 * milliseconds) / whole).toFixed(2)}%`;
  return html`<ul class="chart">
    ${bars.map(
      ({ name, start, milliseconds, kind, href }) =>
        html`<li>
          <span class="name"
            >${href === undefined ? name : html`<a href="${href}">${name}</a>`}</span
          ><svg role="img" aria-label="${duration(milliseconds)}">
            <rect
              class="${kind}"
              x="${share(start)}"
              width="${share(milliseconds)}"
              height="100%"
            ></rect></svg
          ><span class="time">${duration(milliseconds)}</span>
        </li>`,
    )}
  </ul>`;
}
