import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CaseResult, Verdict } from '../../../harness/core/events.ts';
import { describeAgainst } from '../../../harness/report/against.ts';
import { compareKernels } from '../../../harness/session/against.ts';

const bytes = { text: 100, data: 10, bss: 1 };
const size = { before: bytes, after: { ...bytes, text: 104 } };

function end(id: string, verdict: Verdict, more: Partial<CaseResult> = {}): CaseResult {
  return {
    ...{ id, base: 'v6.1', file: 'cases/a.ts', suite: 's', test: id, verdict },
    ...{ milliseconds: 100, findings: [], console: [], shim: [], rerun: '' },
    ...more,
  };
}

const complaint = (line: string): Partial<CaseResult> => ({
  findings: [{ kind: 'warn', line, lines: [line], fatal: true, stack: [], from: 0 }] as never,
});

describe('what a series changed', () => {
  const of = (bare: readonly CaseResult[], patched: readonly CaseResult[]) =>
    compareKernels('v6.1', bare, patched, size);

  it('is what it fixes, what it breaks, and what is red with and without it', () => {
    const found = of(
      [end('a', 'fail'), end('b', 'pass'), end('c', 'fail'), end('d', 'pass')],
      [end('a', 'pass'), end('b', 'fail'), end('c', 'fail'), end('d', 'pass')],
    );
    assert.deepEqual([found.fixed, found.broken, found.stillRed], [['a'], ['b'], ['c']]);
  });

  it('is no fix where a case could not be judged, or had to be skipped, before', () => {
    const found = of([end('a', 'error'), end('b', 'skip')], [end('a', 'pass'), end('b', 'pass')]);
    assert.deepEqual(found.fixed, []);
    assert.deepEqual(found.unjudged, ['a']);
    assert.deepEqual(found.fresh, ['b']);
  });

  it('is red where one of several runs of a case is', () => {
    const found = of([end('a', 'pass')], [end('a', 'pass'), end('a', 'fail'), end('a', 'pass')]);
    assert.deepEqual(found.broken, ['a']);
  });

  it('is what its kernel alone complains of, whatever the numbers in it', () => {
    const found = of(
      [end('a', 'fail', complaint('WARNING: CPU: 0 PID: 41 at mm/a.c:12'))],
      [
        end('a', 'fail', complaint('WARNING: CPU: 0 PID: 57 at mm/a.c:12')),
        end('b', 'fail', complaint('BUG: x')),
      ],
    );
    assert.deepEqual(found.complaints, []);
    const other = of([end('b', 'pass')], [end('b', 'fail', complaint('BUG: x'))]);
    assert.deepEqual(other.complaints, [{ id: 'b', line: 'BUG: x' }]);
  });

  it('is slower only if it takes twice as long, and long', () => {
    const times = (id: string, milliseconds: number) => end(id, 'pass', { milliseconds });
    const found = of(
      [times('a', 100), times('b', 1000), times('c', 1000)],
      [times('a', 250), times('b', 1900), times('c', 2100)],
    );
    assert.deepEqual(found.slower, [{ id: 'c', before: 1000, after: 2100 }]);
  });

  it('is told in one line, and then one by one', () => {
    const [title, ...lines] = describeAgainst(of([end('a', 'fail')], [end('a', 'pass')]));
    assert.equal(
      title,
      'The series on v6.1: 1 fixed, 0 broken, 0 new complaints, 0 slower, kernel +4 bytes',
    );
    assert.deepEqual(lines, ['fixed: a', 'kernel: text 104 (+4), data 10 (+0), bss 1 (+0)']);
  });
});
