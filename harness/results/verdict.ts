import { revive } from '../core/errors.ts';
import type { AssertionReport, ErrorReport, Verdict } from '../core/events.ts';
import type { Failure } from '../suite/host-protocol.ts';
import type { Finding } from '../core/finding.ts';
import { defined } from '../core/defined.ts';

/** How a case left its host, as far as the lab saw. */
export type CaseEnd =
  | { readonly kind: 'returned'; readonly failures: readonly Failure[]; readonly skip?: string }
  /**
   * The deadline passed, and the guest answers. `inKernel` names the system call that had not
   * come back, if any.
   */
  | { readonly kind: 'overdue'; readonly seconds: number; readonly inKernel?: string }
  /** The case's own process ended. */
  | { readonly kind: 'host-ended'; readonly error: ErrorReport }
  /** The guest did, or can't be reached, or hangs. */
  | { readonly kind: 'guest-lost'; readonly error: ErrorReport }
  /** It never began: no guest, a mistake in its file, the run was stopped. */
  | { readonly kind: 'not-run'; readonly error: ErrorReport }
  | { readonly kind: 'unmet'; readonly reason: string }
  /** --bail ended the run before its turn. */
  | { readonly kind: 'left-out'; readonly reason: string }
  /** It passed in an earlier run, and nothing that its verdict depends on has changed. */
  | { readonly kind: 'proven' };

/** Everything a verdict is made from. */
export interface Observed {
  readonly end: CaseEnd;
  /** Complaints between the case's markers that it did not expect. */
  readonly during: readonly Finding[];
  /** Complaints outside any case: before the guest's first, or between this one and the next. */
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  /** What could not be undone after it. */
  readonly leftovers: readonly string[];
  /** Why the console can't vouch for this case: a marker that never came, a dead scan. */
  readonly blind?: ErrorReport;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** What the kernel complained of, if that is why it is red. */
  readonly complaint?: Finding;
  readonly reason?: string;
  readonly assertion?: AssertionReport;
  readonly error?: ErrorReport;
}

/**
 * Returns a case's verdict. The kernel's own word comes first: whatever else went wrong, an
 * oops is what the reader must hear of. Then what kept the lab from judging, then what the
 * case said. Only a case that returned, under a console known to be watched, can pass; in
 * this run, or in the one that has proven it.
 */
export function judge(observed: Observed): Judgement {
  return (
    judgeComplaints(observed) ??
    judgeEnd(observed.end) ??
    judgeWitness(observed) ?? { verdict: 'pass' }
  );
}

function judgeComplaints({ during, before, after, end }: Observed): Judgement | undefined {
  const told: readonly (readonly [string, readonly Finding[]])[] = [
    ['', during],
    ['before the case, while the guest came up: ', before],
    ['after the case: ', after],
  ];
  for (const [when, findings] of told) {
    const finding = findings.find((candidate) => candidate.fatal);
    if (finding === undefined) continue;
    const failed = judgeEnd(end);
    const { assertion } = failed ?? {};
    const more = failed?.verdict === 'fail' && failed.reason ? `; ${failed.reason}` : '';
    return {
      verdict: 'fail',
      complaint: finding,
      reason: `${when}kernel ${finding.kind}: ${finding.line}${more}`,
      ...defined({ assertion }),
    };
  }
  return undefined;
}

function judgeEnd(end: CaseEnd): Judgement | undefined {
  switch (end.kind) {
    case 'returned':
      return judgeFailures(end.failures) ?? judgeSkip(end.skip);
    case 'overdue':
      return judgeOverdue(end);
    case 'unmet':
      return { verdict: 'skip', reason: end.reason };
    case 'left-out':
      return { verdict: 'not-run', reason: end.reason };
    case 'proven':
      return { verdict: 'pass' };
    case 'host-ended':
    case 'guest-lost':
    case 'not-run':
      return judgeError(end.error);
  }
}

function judgeFailures(failures: readonly Failure[]): Judgement | undefined {
  const [first, ...others] = failures;
  if (first === undefined) return undefined;
  const also = others.map((failure) => `; then, in ${placeOf(failure)}: ${failure.message}`);
  const where = first.moment === 'case' ? '' : `in ${placeOf(first)}: `;
  const reason = `${where}${first.message}${also.join('')}`;
  if (first.assertion !== undefined) return { verdict: 'fail', reason, assertion: first.assertion };
  const assertion = others.find((failure) => failure.assertion !== undefined)?.assertion;
  return {
    verdict: 'error',
    reason,
    ...defined({ error: first.error, assertion }),
  };
}

function placeOf({ moment }: Failure): string {
  if (moment === 'case') return 'the case';
  return moment === 'stray' ? 'something nobody awaits' : `its "${moment}" hook`;
}

function judgeSkip(reason: string | undefined): Judgement | undefined {
  if (reason === undefined) return undefined;
  if (reason.trim() !== '') return { verdict: 'skip', reason };
  return judgeError({
    code: 'skip-without-reason',
    fault: 'case',
    doing: 'skipping a case',
    what: 'skip() was given no reason',
    next: 'Say what the run lacks.',
  });
}

function judgeOverdue({ seconds, inKernel }: Extract<CaseEnd, { kind: 'overdue' }>): Judgement {
  if (inKernel !== undefined)
    return {
      verdict: 'fail',
      reason: `${inKernel} had not returned after ${seconds} s; the guest still answers`,
    };
  return judgeError({
    code: 'case-overdue',
    fault: 'case',
    doing: 'running a case',
    what: `not done after ${seconds} s; the guest still answers`,
    next: 'Look for a loop or a wait without end in the case, or give it more with .within().',
  });
}

function judgeWitness({ leftovers, blind }: Observed): Judgement | undefined {
  if (blind !== undefined) return judgeError(blind);
  if (leftovers.length === 0) return undefined;
  return judgeError({
    code: 'case-not-undone',
    fault: 'guest-hang',
    doing: 'undoing what a case has made',
    what: leftovers.join('; '),
    next: 'Find out why the guest keeps it; the next case gets a guest of its own.',
  });
}

function judgeError(error: ErrorReport): Judgement {
  if (error.fault === 'kernel') return { verdict: 'fail', reason: error.what, error };
  return { verdict: 'error', reason: revive(error).message, error };
}
