import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { CaseResult, Verdict } from '../../../harness/core/events.ts';
import type { PlanEntry } from '../../../harness/plan/plan.ts';
import { runUntilRed } from '../../../harness/run/rounds.ts';
import { caseResult } from '../report/recorded.ts';

const { id, base, file, suite, test } = caseResult();
const entry: PlanEntry = {
  planned: { id, base, file, suite, test },
  file: { name: file, path: file },
  rerun: '',
  look: [],
};

/** Runs rounds that come to these verdicts and returns the results and how many there were. */
async function run(verdicts: readonly Partial<CaseResult>[], most: number) {
  const numbers: number[] = [];
  const results = await runUntilRed(
    { entries: [entry] },
    ({ entries }, round) => {
      numbers.push(round);
      const attempts = entries.map(({ attempt }) => attempt);
      assert.deepEqual(attempts, [{ number: round, of: most }]);
      return Promise.resolve([caseResult(verdicts[round - 1] ?? {})]);
    },
    most,
  );
  return { numbers, verdicts: results.map(({ verdict }): Verdict => verdict) };
}

it('runs until a case is red', async () => {
  const { numbers, verdicts } = await run([{}, {}, { verdict: 'fail' }], 9);
  assert.deepEqual(numbers, [1, 2, 3]);
  assert.deepEqual(verdicts, ['pass', 'pass', 'fail']);
  assert.equal((await run([{ verdict: 'error' }], 9)).numbers.length, 1);
});

it('gives up after so many rounds, and at once if nothing can run', async () => {
  assert.equal((await run([], 4)).verdicts.length, 4);
  assert.equal((await run([{ verdict: 'skip' }], 4)).verdicts.length, 1);
});

it('goes on after a failure that is known', async () => {
  assert.equal((await run([{ verdict: 'fail', known: 'later' }], 3)).verdicts.length, 3);
});
