import type { MutantResult, MutationReport } from '../core/mutants.ts';
import {
  describeOutcome,
  isMissed,
  nameOfMutant,
  patchNames,
  percentOf,
  scoreOf,
  scoresBy,
  type Score,
} from '../mutate/render.ts';
import { html, type Html, type LinkTo } from './html-template.ts';

/** Returns what became of each base's mutants, or nothing where none was tried. */
export function renderMutations(
  reports: readonly MutationReport[],
  link: LinkTo,
): Html | undefined {
  if (reports.length === 0) return undefined;
  return html`<section id="mutants"><h2>Mutants</h2>
<p>${link('mutants.json', 'as JSON')}</p>
${reports.map(renderBase)}</section>
`;
}

function renderBase(report: MutationReport): Html {
  const { base, mutants, all, sample } = report;
  const score = scoreOf(mutants);
  const drawn = sample === undefined ? '' : `, a sample of seed ${sample.seed}`;
  return html`<h3>${base}: ${percentOf(score)}, ${score.caught} of ${score.counted} caught (${mutants.length} of ${all}${drawn})</h3>
<details><summary>By operator</summary><table class="shares">${rowsOf(scoresBy(mutants, ({ operator }) => operator))}</table></details>
<details><summary>By patch</summary><table class="shares">${rowsOf(scoresBy(mutants, patchNames(report)))}</table></details>
${mutants.filter(isMissed).map(renderMissed)}
${renderNotTried(report)}`;
}

function rowsOf(scores: ReadonlyMap<string, Score>): Html[] {
  return [...scores].map(
    ([name, score]) =>
      html`<tr><td>${percentOf(score)}</td><td>${score.caught}/${score.counted}</td><td>${name}</td></tr>
`,
  );
}

function renderMissed(mutant: MutantResult): Html {
  return html`<h4><code>${mutant.id}</code> ${nameOfMutant(mutant)}</h4>
<p>${describeOutcome(mutant.outcome)}</p>
<pre>${mutant.diff.join('\n')}</pre>
`;
}

function renderNotTried({ notTried }: MutationReport): Html | undefined {
  const rows = Object.entries(notTried);
  if (rows.length === 0) return undefined;
  return html`<details><summary>Not tried</summary><table class="shares">${rows.map(
    ([
      why,
      places,
    ]) => html`<tr><td>${places.length}</td><td>${why}</td><td>${places.join(', ')}</td></tr>
`,
  )}</table></details>
`;
}
