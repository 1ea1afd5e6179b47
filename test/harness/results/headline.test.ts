import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Verdict } from '../../../harness/core/events.ts';
import { sumUp } from '../../../harness/results/headline.ts';

const of = (...verdicts: readonly Verdict[]) =>
  verdicts.map((verdict) => ({ base: 'v6.1', headline: 'saving', verdict }));

describe('sumUp', () => {
  const rows: readonly (readonly [Parameters<typeof sumUp>[0], readonly string[]])[] = [
    [of('pass', 'pass'), ['saving on v6.1: 2 of 2 pass']],
    [of('pass', 'skip'), ['saving on v6.1: 1 of 1 pass, 1 skipped']],
    [of('pass', 'fail', 'error'), ['saving on v6.1: 1 of 3 pass, 1 failed, 1 could not be judged']],
    [of('skip'), ['saving on v6.1: 0 of 0 pass, 1 skipped']],
    [of('pass', 'not-run'), ['saving on v6.1: 1 of 2 pass, 1 not run']],
    [
      [{ base: 'v6.1', headline: 'saving', verdict: 'fail', known: 'not there yet' }],
      ['saving on v6.1: 0 of 1 pass, 1 known to fail'],
    ],
    [[{ base: 'v6.1', verdict: 'fail' }], []],
    [
      [...of('pass'), { base: 'v2.6.30', headline: 'saving', verdict: 'fail' }],
      ['saving on v6.1: 1 of 1 pass', 'saving on v2.6.30: 0 of 1 pass, 1 failed'],
    ],
  ];
  for (const [results, lines] of rows)
    it(`says ${lines.join('; ') || 'nothing'}`, () => assert.deepEqual(sumUp(results), lines));
});
