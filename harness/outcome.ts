import { labError } from './errors.ts';
import type { CaseResult, Verdict } from './events.ts';
import type { KnownFailure } from './known.ts';
import type { Judgement } from './verdict.ts';

/** Where the list of known failures is, from the repository's root. */
export const knownFile = 'cases/known.json';

/** A case's verdict, failures that were expected told apart. */
export type Outcome = Verdict | 'known';

type Judged = Pick<CaseResult, 'verdict' | 'known'>;

/** Returns how a result counts. */
export function outcomeOf({ verdict, known }: Judged): Outcome {
  return verdict === 'fail' && known !== undefined ? 'known' : verdict;
}

/** Tells whether a result turns a run red. */
export function isRed(result: Judged): boolean {
  return ['fail', 'error'].includes(outcomeOf(result));
}

/**
 * Returns a judgement in the light of the list of known failures. Only what the list tells
 * of is excused: a complaint of the kernel is, where the entry's own expression matches it,
 * and a case that can't be judged never is. One that passes is an error of the list, which
 * would hide the day on which it fails again.
 */
export function applyKnown(
  { complaint, ...judgement }: Judgement,
  entry: KnownFailure | undefined,
): Pick<CaseResult, 'verdict' | 'reason' | 'assertion' | 'error' | 'known'> {
  if (entry === undefined) return judgement;
  const { verdict, reason = '', assertion } = judgement;
  if (verdict === 'pass') return staleEntry(entry);
  if (verdict !== 'fail') return judgement;
  const expected =
    entry.failure?.test(reason) ?? (assertion !== undefined && complaint === undefined);
  if (expected) return { ...judgement, known: entry.reason };
  return {
    ...judgement,
    reason: `${reason}; what is known of it is another failure: ${entry.reason}`,
  };
}

function staleEntry({ reason }: KnownFailure): Judgement {
  const error = {
    code: 'known-failure-passes',
    fault: 'case',
    doing: 'comparing a case with the list of known failures',
    what: `it passes, though known to fail: ${reason}`,
    next: `If it passes each time, take it off ${knownFile}: as long as it stands there, nobody is told when it fails again.`,
  } as const;
  return { verdict: 'error', reason: labError(error).message, error };
}

/**
 * Returns a run's exit status from its results: 1 if any case failed that was not known to
 * (a red kernel is the more important news, even beside errors), else 3 if any could not be
 * judged or none passed (nothing was proved), else 0. A skip alone never turns a run green
 * or red.
 */
export function exitCodeOfRun(results: readonly Judged[]): 0 | 1 | 3 {
  const outcomes = results.map(outcomeOf);
  if (outcomes.includes('fail')) return 1;
  return outcomes.includes('error') || !outcomes.includes('pass') ? 3 : 0;
}
