import type { CaseResult } from '../core/events.ts';
import { isRed } from '../results/outcome.ts';
import type { Plan } from '../plan/plan.ts';

/** Rounds after which nothing is expected to turn red any more: a night's work. */
export const mostRounds = 1000;

/**
 * Runs a plan again and again until a case is red, and returns the results of all rounds. A
 * round in which every case is skipped is the last: so would be the others.
 */
export async function runUntilRed(
  { entries }: Pick<Plan, 'entries'>,
  runRound: (plan: Pick<Plan, 'entries'>, round: number) => Promise<readonly CaseResult[]>,
  most = mostRounds,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (let number = 1; number <= most; number += 1) {
    const attempt = { number, of: most };
    const round = await runRound(
      { entries: entries.map((each) => ({ ...each, attempt })) },
      number,
    );
    results.push(...round);
    if (
      round.some(isRed) ||
      round.every(({ verdict }) => verdict === 'skip' || verdict === 'not-run')
    )
      break;
  }
  return results;
}
