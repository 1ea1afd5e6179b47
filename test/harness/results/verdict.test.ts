import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorReport } from '../../../harness/core/events.ts';
import type { Failure } from '../../../harness/suite/host-protocol.ts';
import { judge } from '../../../harness/results/verdict.ts';
import type { CaseEnd, Observed } from '../../../harness/results/verdict.ts';
import type { Finding } from '../../../harness/core/finding.ts';

const error = (code: string): ErrorReport => ({
  code,
  fault: 'infrastructure',
  doing: 'doing',
  what: code,
  next: '',
});
const finding = (kind: Finding['kind']): Finding => {
  const line = `${kind} line`;
  return { kind, line, lines: [line], index: 0, fatal: kind !== 'notice' };
};
const returned = (...failures: Failure[]): CaseEnd => ({ kind: 'returned', failures });
const failed: Failure = { moment: 'case', message: 'is 2', assertion: { message: 'is 2' } };
const broken: Failure = { moment: 'case', message: 'broken', error: error('case-broken') };
const hook: Failure = { ...broken, moment: 'after each' };
const observe = (end: CaseEnd, more: Partial<Observed> = {}): Observed => ({
  end,
  during: [],
  before: [],
  after: [],
  leftovers: [],
  ...more,
});
const overdue = (more: object): CaseEnd => ({
  kind: 'overdue',
  seconds: 10,
  ...more,
});

const table: readonly (readonly [string, Observed, string, RegExp?])[] = [
  ['it returned and all is well', observe(returned()), 'pass'],
  [
    'it said why it is skipped',
    observe({ ...returned(), skip: 'no net' } as CaseEnd),
    'skip',
    /^no net$/,
  ],
  [
    'it skips for no reason',
    observe({ ...returned(), skip: ' ' } as CaseEnd),
    'error',
    /no reason/,
  ],
  ['the run lacks what it needs', observe({ kind: 'unmet', reason: 'needs v6.1' }), 'skip', /v6.1/],
  ['it is proven', observe({ kind: 'proven' }), 'pass'],
  ['an assertion failed', observe(returned(failed)), 'fail', /^is 2$/],
  ['it threw something else', observe(returned(broken)), 'error', /^broken$/],
  [
    'an assertion failed, then a hook broke',
    observe(returned(failed, hook)),
    'fail',
    /^is 2; then, in its "after each" hook: broken$/,
  ],
  ['a hook broke', observe(returned(hook)), 'error', /^in its "after each" hook: broken$/],
  [
    'an assertion failed in a hook',
    observe(returned({ ...failed, moment: 'before' })),
    'fail',
    /^in its "before" hook/,
  ],
  ['it threw and skipped', observe({ ...returned(broken), skip: 'x' } as CaseEnd), 'error'],
  ['it never ended', observe(overdue({})), 'error', /10 s; the guest still answers/],
  [
    'a system call never ended',
    observe(overdue({ inKernel: 'checkpoint' })),
    'fail',
    /^checkpoint had not returned after 10 s/,
  ],
  [
    'the guest hangs, and nobody knows why',
    observe({ kind: 'guest-lost', error: { ...error('guest hangs'), fault: 'guest-hang' } }),
    'error',
    /guest hangs/,
  ],
  [
    'the kernel is proved to hang',
    observe({ kind: 'guest-lost', error: { ...error('the kernel hangs'), fault: 'kernel' } }),
    'fail',
    /^the kernel hangs$/,
  ],
  ['its process ended', observe({ kind: 'host-ended', error: error('x') }), 'error'],
  ['the guest was lost', observe({ kind: 'guest-lost', error: error('x') }), 'error'],
  ['it never began', observe({ kind: 'not-run', error: error('x') }), 'error'],
  [
    'the kernel oopsed, all assertions held',
    observe(returned(), { during: [finding('oops')] }),
    'fail',
    /^kernel oops: oops line$/,
  ],
  [
    'the kernel oopsed and an assertion failed',
    observe(returned(failed), { during: [finding('oops')] }),
    'fail',
    /^kernel oops: oops line; is 2$/,
  ],
  [
    'the kernel panicked and the guest was lost',
    observe({ kind: 'guest-lost', error: error('x') }, { during: [finding('panic')] }),
    'fail',
    /^kernel panic/,
  ],
  [
    'the kernel warned in a case that skips',
    observe({ ...returned(), skip: 'x' } as CaseEnd, { during: [finding('warn')] }),
    'fail',
  ],
  ['the kernel only talks', observe(returned(), { during: [finding('notice')] }), 'pass'],
  [
    'it complained after the case',
    observe(returned(), { after: [finding('warn')] }),
    'fail',
    /^after/,
  ],
  ['it complained before', observe(returned(), { before: [finding('warn')] }), 'fail', /^before/],
  ['nobody watched', observe(returned(), { blind: error('console-silent') }), 'error', /silent/],
  [
    'nobody watched an assertion fail',
    observe(returned(failed), { blind: error('console-silent') }),
    'fail',
  ],
  [
    'something is left',
    observe(returned(), { leftovers: ['mount on /x: EBUSY'] }),
    'error',
    /EBUSY/,
  ],
];

describe('judge', () => {
  for (const [when, observed, verdict, reason] of table) {
    it(`says ${verdict} when ${when}`, () => {
      const judgement = judge(observed);
      assert.equal(judgement.verdict, verdict, judgement.reason);
      if (reason !== undefined) assert.match(judgement.reason ?? '', reason);
      if (verdict === 'pass') assert.equal(judgement.reason, undefined);
      if (verdict === 'error') assert.ok(judgement.error);
    });
  }
});
