import { caseTitle, duration } from '../core/text.ts';
import { outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import type { News, NewVerdict } from '../results/trends.ts';
import type { ChartOf } from './html-chart.ts';
import { html, type Html } from './html-template.ts';
import { beforeWords, sinceWords } from './news.ts';

/** Returns what is new in a run, before anything else; nothing where there was no run before. */
export function renderNewsSection(
  news: News,
  { cases, bases }: Results,
  charts: ChartOf,
): Html | undefined {
  const { red, green, slower, since } = news;
  if (since.length === 0) return undefined;
  const numbers = new Map(cases.map((result, index) => [result, index + 1]));
  const line = (kind: string, result: NewVerdict['result'], words: string): Html =>
    html`<li><span class="chip ${kind}">${kind}</span> <a href="#case-${numbers.get(result)}">${caseTitle(result, bases.length > 1)}</a> <span class="time">${words}</span> ${charts(result)}</li>
`;
  const lines = [
    ...red.map((each) => line(outcomeOf(each.result), each.result, beforeWords(each))),
    ...green.map((each) => line('pass', each.result, beforeWords(each))),
    ...slower.map(({ result, now, usual }) =>
      line('slow', result, `${duration(now)}, usually ${duration(usual)}`),
    ),
  ];
  const body =
    lines.length === 0
      ? html`<p>Nothing turned red or green, and nothing takes half as long again.</p>`
      : html`<ul class="news">${lines}</ul>`;
  return html`<section id="news"><h2>New since ${sinceWords(news)}</h2>${body}</section>`;
}
