import type { CaseResult } from '../core/events.ts';
import { wasNotRun } from '../results/outcome.ts';

/** What a case came to that was run more than once, runs that did not happen left out. */
export interface Share {
  /** Its first run that did not pass, or its first. */
  readonly shown: CaseResult;
  readonly passed: number;
  readonly ran: number;
}

/** Returns the cases that were run more than once. */
export function findRepeated(cases: readonly CaseResult[]): Share[] {
  const groups = new Map<string, CaseResult[]>();
  for (const result of cases) {
    if (result.attempt === undefined || wasNotRun(result)) continue;
    groups.set(keyOf(result), [...(groups.get(keyOf(result)) ?? []), result]);
  }
  return [...groups.values()].flatMap((group) => {
    const shown = group.find(({ verdict }) => verdict !== 'pass') ?? group[0];
    const passed = group.filter(({ verdict }) => verdict === 'pass').length;
    return shown === undefined ? [] : [{ shown, passed, ran: group.length }];
  });
}

/** Returns the cases that passed at least once and did not always pass. */
export function findFlakes(cases: readonly CaseResult[]): Share[] {
  return findRepeated(cases).filter(isFlaky);
}

/** Returns how a case ended that was run more than once, as a clause; none for another. */
export function shareOf(
  result: CaseResult,
  cases: readonly CaseResult[],
): { readonly flaky: boolean; readonly words: string } | undefined {
  if (result.attempt === undefined) return undefined;
  const [share] = findRepeated(cases.filter((each) => keyOf(each) === keyOf(result)));
  if (share === undefined) return undefined;
  const { passed, ran } = share;
  const flaky = isFlaky(share);
  return { flaky, words: `${flaky ? 'flaky: ' : ''}passed ${passed} of ${ran}` };
}

/** Returns each case once that is red, as its first run that is. */
export function firstRuns(red: readonly CaseResult[]): CaseResult[] {
  const seen = new Set<string>();
  return red.filter((result) => {
    if (result.attempt === undefined) return true;
    const fresh = !seen.has(keyOf(result));
    seen.add(keyOf(result));
    return fresh;
  });
}

function isFlaky({ passed, ran }: Share): boolean {
  return passed > 0 && passed < ran;
}

function keyOf({ base, id }: CaseResult): string {
  return `${base} ${id}`;
}
