import type { CaseResult } from '../core/events.ts';
import { outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { findRepeated } from './flakes.ts';
import { explainCase } from './red.ts';
import { caseTitle, cleanLine, provenWords } from '../core/text.ts';

/**
 * Returns a run as KTAP (https://docs.kernel.org/dev-tools/ktap.html), of the part that
 * TAP's own readers understand too: a plan, one line per case, and what explains it on diagnostic lines before that
 * line, where kunit.py looks for it.
 */
export function renderTap(results: Results): string {
  const severalBases = results.bases.length > 1;
  const lines = [
    ...results.cases.map((result) => (number: number) => caseLines(result, results, number)),
    ...results.missing.map((planned) => (number: number) => [
      '# planned, but never reported',
      `not ok ${number} ${describe(caseTitle(planned, severalBases))}`,
    ]),
  ];
  return [
    'KTAP version 1',
    `1..${lines.length}`,
    ...lines.flatMap((line, index) => line(index + 1)),
    ...findRepeated(results.cases).map(
      ({ shown, passed, ran }) =>
        `# ${describe(caseTitle(shown, severalBases))}: passed ${passed} of ${ran}`,
    ),
    ...endLines(results),
    '',
  ].join('\n');
}

function caseLines(result: CaseResult, results: Results, number: number): string[] {
  const { verdict, reason, known = '', attempt } = result;
  const again = attempt === undefined ? '' : ` (${attempt.number} of ${attempt.of})`;
  const title = describe(`${caseTitle(result, results.bases.length > 1)}${again}`);
  if (verdict === 'pass')
    return [...provenWords(result).map((line) => `# ${line}`), `ok ${number} ${title}`];
  // Neither TAP nor JUnit has a word for what was left out; the reason says that it was.
  if (verdict === 'skip' || verdict === 'not-run')
    return [`ok ${number} ${title} # SKIP ${describe(reason ?? '')}`];
  const expected = outcomeOf(result) === 'known' ? ` # TODO ${describe(known)}` : '';
  const explained = explainCase(result, results).slice(1);
  return [...explained.map((line) => `# ${line}`), `not ok ${number} ${title}${expected}`];
}

function endLines({ error, finished }: Results): string[] {
  if (error !== undefined) return [`Bail out! ${describe(`${error.doing}: ${error.what}`)}`];
  return finished ? [] : ['Bail out! the run broke off'];
}

/** A description is one line, and an unescaped hash in it would begin a directive. */
function describe(text: string): string {
  return cleanLine(text.replaceAll('\n', ' ')).replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}
