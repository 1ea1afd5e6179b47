import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../harness/core/finding.ts';
import type { Verdict } from '../../../harness/core/events.ts';
import { applyKnown } from '../../../harness/plan/known.ts';
import { exitCodeOfRun, isRed, outcomeOf } from '../../../harness/results/outcome.ts';
import type { Judgement } from '../../../harness/results/verdict.ts';

const entry = { base: 'v6.1', case: /x/, reason: 'the port is not there yet' };
const asserted: Judgement = {
  verdict: 'fail',
  reason: 'Expected EBUSY',
  assertion: { message: 'Expected EBUSY' },
};
const finding: Finding = {
  kind: 'oops',
  line: 'BUG: unable',
  lines: ['BUG: unable'],
  index: 3,
  fatal: true,
};
const oopsed: Judgement = { ...asserted, reason: 'kernel oops: BUG: unable', complaint: finding };

describe('applyKnown', () => {
  it('leaves a case alone that is not on the list', () => {
    assert.deepEqual(applyKnown(asserted, undefined), asserted);
  });

  it('excuses a failed assertion, and says why', () => {
    const judged = applyKnown(asserted, entry);
    assert.deepEqual(judged, { ...asserted, known: entry.reason });
    assert.equal(outcomeOf(judged), 'known');
    assert.equal(isRed(judged), false);
  });

  it('makes a pass an error of the list', () => {
    const { verdict, error, reason } = applyKnown({ verdict: 'pass' }, entry);
    assert.equal(verdict, 'error');
    assert.equal(error?.code, 'known-failure-passes');
    assert.match(reason ?? '', /passes, though known to fail: the port is not there yet/);
  });

  it('excuses no complaint of the kernel unless the entry is about it', () => {
    const judged = applyKnown(oopsed, entry);
    assert.equal(isRed(judged), true);
    assert.match(judged.reason ?? '', /oops.*another failure: the port is not there yet/);
    assert.equal(isRed(applyKnown(oopsed, { ...entry, failure: /^kernel oops/ })), false);
  });

  it('excuses no other failure than the one the entry is about', () => {
    assert.equal(isRed(applyKnown(asserted, { ...entry, failure: /EBUSY/ })), false);
    assert.equal(isRed(applyKnown(asserted, { ...entry, failure: /ESRCH/ })), true);
  });

  it('excuses no call that does not come back, and no error', () => {
    const overdue: Judgement = { verdict: 'fail', reason: 'checkpoint had not returned' };
    assert.equal(isRed(applyKnown(overdue, entry)), true);
    const error: Judgement = { verdict: 'error', reason: 'the guest is gone' };
    assert.deepEqual(applyKnown(error, { ...entry, failure: /gone/ }), error);
  });

  it('leaves a skip a skip', () => {
    const skip: Judgement = { verdict: 'skip', reason: 'needs another patch' };
    assert.deepEqual(applyKnown(skip, entry), skip);
  });
});

describe('exitCodeOfRun', () => {
  const runs = [
    [['pass'], 0],
    [['pass', 'skip'], 0],
    [['pass', 'known'], 0],
    [['known'], 3],
    [['pass', 'fail'], 1],
    [['pass', 'fail', 'known'], 1],
    [['pass', 'error'], 3],
    [['error', 'fail'], 1],
    [['skip'], 3],
    [['pass', 'fail', 'not-run'], 1],
    [['pass', 'not-run'], 3],
    [[], 3],
  ] as const;
  const resultOf = (word: Verdict | 'known') =>
    word === 'known' ? { verdict: 'fail' as const, known: 'later' } : { verdict: word };
  for (const [words, code] of runs) {
    it(`is ${code} for ${words.join(', ') || 'nothing'}`, () => {
      assert.equal(exitCodeOfRun(words.map(resultOf)), code);
    });
  }
});
