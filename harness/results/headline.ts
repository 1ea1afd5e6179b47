import type { CaseResult } from '../core/events.ts';
import { outcomeOf, type Outcome } from './outcome.ts';

type Told = Pick<CaseResult, 'base' | 'headline' | 'verdict' | 'known'>;

/**
 * Returns what the project's headline came to, a line a base:
 * `checkpoint of another task on v6.1: 29 of 29 pass`.
 */
export function sumUp(results: readonly Told[]): string[] {
  const told = results.filter(({ headline }) => headline !== undefined);
  const bases = [...new Set(told.map(({ base }) => base))];
  return bases.map((base) => {
    const own = told.filter((result) => result.base === base);
    return `${own[0]?.headline ?? ''} on ${base}: ${sumUpBase(own)}`;
  });
}

function sumUpBase(results: readonly Told[]): string {
  const outcomes = results.map(outcomeOf);
  const number = (wanted: Outcome) => outcomes.filter((outcome) => outcome === wanted).length;
  const passed = number('pass');
  const judged = outcomes.length - number('skip');
  const words: readonly (readonly [number, string])[] = [
    [number('fail'), 'failed'],
    [number('known'), 'known to fail'],
    [number('error'), 'could not be judged'],
    [number('not-run'), 'not run'],
    [number('skip'), 'skipped'],
  ];
  return [
    `${passed} of ${judged} pass`,
    ...words.filter(([times]) => times > 0).map(([times, word]) => `${times} ${word}`),
  ].join(', ');
}
