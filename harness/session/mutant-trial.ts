import type { CaseResult } from '../core/events.ts';
import { labError } from '../core/errors.ts';
import type { MutantOutcome } from '../core/mutants.ts';
import { clip } from '../core/text.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { isRed } from '../results/outcome.ts';

/**
 * Runs cases, with a mutant on or with 0 none, until one is red, and returns a result for each of
 * them in their order.
 */
export type RunTrial = (
  entries: readonly PlanEntry[],
  number: number,
) => Promise<readonly CaseResult[]>;

/** How a mutant is tried. */
export interface Trial {
  readonly run: RunTrial;
  /** Tells whether a case passes with every mutant off; asked of those alone that are red with one. */
  readonly passesWithout: (entry: PlanEntry) => Promise<boolean>;
}

/**
 * Returns what becomes of a mutant under cases. It is caught by a case that fails with it and
 * passes without. By one that could not be judged (it was not done in time, its guest is gone) only
 * if that comes again in another guest: else it may have been the machine. Throws what stopped a
 * run.
 */
export async function tryMutant(
  number: number,
  entries: readonly PlanEntry[],
  { run, passesWithout }: Trial,
): Promise<MutantOutcome> {
  let rest = entries;
  let passed = 0;
  let doubt: string | undefined;
  while (rest.length > 0) {
    const results = await run(rest, number);
    passed += results.filter(({ verdict }) => verdict === 'pass').length;
    const at = results.findIndex(isRed);
    const [red, entry] = [results[at], rest[at]];
    if (red === undefined || entry === undefined) {
      refuseUnrun(results);
      break;
    }
    const sure = red.verdict === 'fail' ? red : await again(number, entry, red, run);
    if (sure !== undefined && (await passesWithout(entry))) return caughtBy(sure);
    const why = red.reason?.split('\n')[0] ?? 'no reason was given';
    doubt ??=
      sure === undefined ? `${red.id}: ${why}` : `${red.id} is red without it as well: ${why}`;
    // Cases go by their files: what has not run before the red one may stand anywhere.
    rest = rest.filter((_, index) => index !== at && results[index]?.verdict === 'not-run');
  }
  if (doubt !== undefined) return { kind: 'undecided', reason: doubt };
  if (passed === 0) return { kind: 'undecided', reason: 'no case could be run' };
  return { kind: 'survived', cases: passed };
}

/**
 * What a broken kernel may do to a case that the lab can't judge. All else is the lab's own trouble,
 * however often it comes.
 */
const ofGuest: readonly string[] = [
  'case-overdue',
  'hook-overdue',
  'case-not-undone',
  'suite-not-undone',
  'case-broken',
  'guest-hang',
  'guest-lost',
  'machine-ended',
  'session-lost',
  'shim-ended',
  'shim-failed',
  'shim-garbled',
  'shim-overdue',
  'console-silent',
  'ssh-overdue',
];

function isOfGuest(code: string): boolean {
  return ofGuest.includes(code);
}

/** Runs a case that could not be judged once more; returns it if it fails, or is as it was. */
async function again(
  number: number,
  entry: PlanEntry,
  before: CaseResult,
  run: RunTrial,
): Promise<CaseResult | undefined> {
  const code = before.error?.code;
  if (code === undefined || !isOfGuest(code)) return undefined;
  const [second] = await run([entry], number);
  if (second?.verdict === 'fail') return second;
  const same = second?.verdict === 'error' && second.error?.code === code;
  return same ? second : undefined;
}

/** Characters of why a case was red: what it compared stands at the beginning. */
const longestReason = 200;

function caughtBy({ id, reason = '' }: CaseResult): MutantOutcome {
  return { kind: 'caught', by: id, reason: clip(reason.replace(/\s+/g, ' '), longestReason) };
}

function refuseUnrun(results: readonly CaseResult[]): void {
  const unrun = results.find(({ verdict }) => verdict === 'not-run');
  if (unrun === undefined) return;
  throw labError({
    code: 'mutant-cut-short',
    fault: 'infrastructure',
    doing: 'trying a mutant',
    what: `${unrun.id} did not run: ${unrun.reason ?? 'no reason was given'}`,
    next: 'Type it again: what was decided is not tried again.',
  });
}
