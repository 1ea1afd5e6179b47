import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTap } from '../../../harness/suite/ktap.ts';

const brief = (text: string) => {
  const { tests, broken } = readTap(text.split('\n'));
  return {
    broken,
    tests: tests.map(({ name, ok, skip }) =>
      [ok ? 'ok' : 'not ok', name, ...(skip === undefined ? [] : [`(${skip})`])].join(' '),
    ),
  };
};

describe('TAP', () => {
  it('is read as a kselftest prints it', () => {
    const text = `TAP version 13
1..3
# [RUN] signal USR1
ok 1 the stack is off
not ok 2 the stack is kept
ok 3 another # SKIP no such clock
# Totals: pass:1 fail:1`;
    assert.deepEqual(brief(text), {
      broken: undefined,
      tests: ['ok the stack is off', 'not ok the stack is kept', 'ok another (no such clock)'],
    });
    assert.deepEqual(readTap(text.split('\n')).tests[0]?.said, [
      'TAP version 13',
      '# [RUN] signal USR1',
    ]);
  });

  it('is read as KUnit prints it, in parts, with the times of a console', () => {
    const text = `[    0.1] KTAP version 1
[    0.1] 1..2
[    0.1]     KTAP version 1
[    0.1]     # Subtest: example
[    0.1]     1..2
[    0.1]     # example_simple: initializing
[    0.1]     ok 1 - example_simple
[    0.2]     ok 2 example_skip # SKIP not today
[    0.2] ok 1 example
[    0.2]     # Subtest: other
[    0.2]     1..1
[    0.2]     not ok 1 - first
[    0.2] not ok 2 - other`;
    assert.deepEqual(brief(text), {
      broken: undefined,
      tests: [
        'ok example > example_simple',
        'ok example > example_skip (not today)',
        'not ok other > first',
      ],
    });
  });

  it('has a whole that failed though its parts did not', () => {
    const text = '    1..1\n    ok 1 part\nnot ok 1 whole';
    assert.deepEqual(brief(text).tests, ['ok whole > part', 'not ok whole']);
  });

  for (const [what, text, words] of [
    ['fewer tests than planned', '1..3\nok 1 a', /3 tests planned, 1 reported/],
    ['more', '1..1\nok 1 a\nok 2 b', /1 tests planned, 2 reported/],
    ['a part too few', '    1..2\n    ok 1 a\nok 1 whole', /2 tests planned, 1 reported/],
    ['its own end', '1..2\nok 1 a\nBail out! no memory', /bailed out: no memory/],
    ['nothing', 'hello', /no test/],
  ] as const)
    it(`is not whole with ${what}`, () => assert.match(brief(text).broken ?? '', words));

  it('may have tests without names', () => {
    assert.deepEqual(brief('1..2\nok 1\nnot ok 2').tests, ['ok 1', 'not ok 2']);
  });
});
