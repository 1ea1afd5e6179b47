import type { Results } from '../results/results.ts';
import { whereTimeWent, type TimeRow } from '../results/where-time-went.ts';
import { html, type Html } from './html-template.ts';
import { caseTitle, duration } from '../core/text.ts';

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
  const timeline = timelineOf(results);
  const cases = slowestOf(results);
  const ends = timeline.map(({ start, milliseconds }) => start + milliseconds);
  const whole = Math.max(1, results.milliseconds, ...ends);
  const longest = Math.max(1, ...cases.map(({ milliseconds }) => milliseconds));
  return html`${renderWhereTimeWent(results)}<h3>Stages and guests</h3>${chart(timeline, whole)}
<h3>Slowest cases</h3>${chart(cases, longest)}`;
}

function renderWhereTimeWent(results: Results): Html {
  const went = whereTimeWent(results);
  if (went === undefined) return html``;
  const table = (title: string, rows: readonly TimeRow[]) => html`<h3>${title}</h3>
<table><tbody>${rows.map(
    ({ what, milliseconds, share }) =>
      html`<tr><td>${what}</td><td>${duration(milliseconds)}</td><td>${Math.round(100 * share)} %</td></tr>
`,
  )}</tbody></table>
`;
  return html`${table('What used the processors', went.processors)}${table('What guests did', went.guests)}`;
}

function timelineOf({ stages, guests, milliseconds: whole }: Results): Bar[] {
  return [
    ...stages.map(({ stage, base, start, milliseconds, error }) => ({
      name: [base, stage].filter((word) => word !== undefined).join(' '),
      start,
      milliseconds,
      kind: error === undefined ? 'stage' : 'fail',
    })),
    ...guests.map(({ name, start, end }) => ({
      name,
      start,
      milliseconds: Math.max(0, (end ?? whole) - start),
      kind: 'guest',
    })),
  ];
}

function slowestOf({ cases, bases }: Results): Bar[] {
  return cases
    .map((result, index) => ({
      name: caseTitle(result, bases.length > 1),
      start: 0,
      milliseconds: result.milliseconds,
      kind: result.verdict,
      href: `#case-${index + 1}`,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, slowest);
}

function chart(bars: readonly Bar[], whole: number): Html {
  const share = (milliseconds: number) => `${((100 * milliseconds) / whole).toFixed(2)}%`;
  const rows = bars.map(({ name, start, milliseconds, kind, href }) => {
    const label = href === undefined ? name : html`<a href="${href}">${name}</a>`;
    const time = duration(milliseconds);
    const rect = html`<rect class="${kind}" x="${share(start)}" width="${share(milliseconds)}" height="100%"></rect>`;
    return html`<li><span class="name">${label}</span><svg role="img" aria-label="${time}">${rect}</svg><span class="time">${time}</span></li>
`;
  });
  return html`<ul class="chart">${rows}</ul>`;
}
