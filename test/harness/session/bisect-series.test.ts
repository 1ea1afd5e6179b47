import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { weigh, type PrefixSeen } from '../../../harness/session/bisect-series.ts';
import { describeSeen, renderEnd } from '../../../harness/cli/bisect.ts';
import type { Fault } from '../../../harness/core/errors.ts';
import { plainStyle } from '../../../harness/core/style.ts';
import type { Patch } from '../../../kernel/base.ts';

const patches = ['c/r: one', 'c/r: two', 'c/r: three'].map((subject, index): Patch => ({
  number: index + 1,
  group: 'cr',
  file: '',
  path: '',
  subject,
  files: [],
  added: 0,
  removed: 0,
  hash: '',
}));

const hung = (fault: Fault) => ({
  verdict: 'error' as const,
  reason: 'the guest no longer answers',
  error: { code: 'x', fault, doing: 'running a case', what: 'x', next: 'x' },
});

describe('weigh', () => {
  const table: readonly (readonly [Parameters<typeof weigh>[1], Omit<PrefixSeen, 'number'>])[] = [
    [[{ verdict: 'pass' }, { verdict: 'pass' }], { verdict: 'good', reason: '' }],
    [
      [
        { verdict: 'fail', reason: 'EBUSY\nand more' },
        { verdict: 'fail', reason: 'EBUSY' },
      ],
      { verdict: 'bad', reason: 'EBUSY' },
    ],
    [
      [{ verdict: 'pass' }, { verdict: 'fail', reason: 'EBUSY' }],
      { verdict: 'unsure', reason: 'repeats disagree, 1 of 2 are red: EBUSY' },
    ],
    [
      [
        { verdict: 'error', reason: 'no guest' },
        { verdict: 'error', reason: 'no guest' },
      ],
      { verdict: 'skip', reason: 'no guest' },
    ],
    [
      [hung('guest-hang'), hung('guest-crash')],
      { verdict: 'bad', reason: 'the guest no longer answers' },
    ],
    [[hung('infrastructure')], { verdict: 'skip', reason: 'the guest no longer answers' }],
    [[{ verdict: 'skip', reason: 'needs a patch' }], { verdict: 'skip', reason: 'needs a patch' }],
  ];
  for (const [results, seen] of table)
    it(`makes ${seen.verdict} of ${results.map(({ verdict }) => verdict).join(' and ')}`, () => {
      assert.deepEqual(weigh(2, results), { number: 2, ...seen });
    });
});

describe('what a bisection says', () => {
  const bad: PrefixSeen = { number: 2, verdict: 'bad', reason: 'EBUSY' };

  it('names the first bad patch with its reason', () => {
    assert.deepEqual(renderEnd({ kind: 'found', number: 2 }, [bad], patches, plainStyle), [
      '0002 c/r: two is the first bad patch',
      '  EBUSY',
    ]);
  });

  it('names each patch that it may be', () => {
    const lines = renderEnd({ kind: 'several', numbers: [2, 3] }, [], patches, plainStyle);
    assert.deepEqual(lines.slice(1), ['  0002 c/r: two', '  0003 c/r: three']);
  });

  it('says where a kernel is one that was judged before', () => {
    const seen: PrefixSeen = { ...bad, number: 3, sameAs: 2 };
    assert.equal(
      describeSeen(seen, patches),
      'bad: 0003 c/r: three (the same kernel as 0002 c/r: two): EBUSY',
    );
    const skipped: PrefixSeen = { number: 0, verdict: 'skip', reason: 'no boot' };
    assert.equal(
      describeSeen(skipped, patches),
      'cannot test: 0000 (nothing of the series): no boot',
    );
  });
});
