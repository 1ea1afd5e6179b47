import type { CaseResult, Verdict } from '../core/events.ts';

/** A case's verdict, failures that were expected told apart. */
export type Outcome = Verdict | 'known';

type Judged = Pick<CaseResult, 'verdict' | 'known'>;

/** How bad an outcome is. A skip shows nothing, so it is worse than a pass. */
export const badness: Readonly<Record<Outcome, number>> = {
  ...{ pass: 0, skip: 1, 'not-run': 2, known: 3, error: 4, fail: 5 },
};

/** Returns how a result counts. */
export function outcomeOf({ verdict, known }: Judged): Outcome {
  return verdict === 'fail' && known !== undefined ? 'known' : verdict;
}

/** Tells whether a result turns a run red. */
export function isRed(result: Judged): boolean {
  return ['fail', 'error'].includes(outcomeOf(result));
}

/** Tells whether a case of a run says nothing of itself: it was skipped, left out or cut short. */
export function wasNotRun({ verdict, error }: Pick<CaseResult, 'verdict' | 'error'>): boolean {
  return verdict === 'skip' || verdict === 'not-run' || error?.code === 'interrupted';
}

/**
 * Returns a run's exit status from its results: 1 if any case failed that was not known to
 * (a red kernel is the more important news, even beside errors), else 3 if any could not be
 * judged, was left out or none passed (nothing was proved), else 0. A skip alone never turns a
 * run green or red.
 */
export function exitCodeOfRun(results: readonly Judged[]): 0 | 1 | 3 {
  const outcomes = results.map(outcomeOf);
  if (outcomes.includes('fail')) return 1;
  const unjudged = outcomes.includes('error') || outcomes.includes('not-run');
  return unjudged || !outcomes.includes('pass') ? 3 : 0;
}
