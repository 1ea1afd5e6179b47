import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareResults } from '../../../harness/results/compare.ts';
import { renderComparison } from '../../../harness/cli/compare.ts';
import type { CaseResult, Verdict } from '../../../harness/core/events.ts';
import { isRed } from '../../../harness/results/outcome.ts';
import { plainStyle } from '../../../harness/core/style.ts';
import type { Results } from '../../../harness/results/results.ts';
import { caseResult, collect, recordRun } from '../report/recorded.ts';

const run = (cases: readonly CaseResult[], more: Partial<Results> = {}): Results => ({
  ...collect(recordRun(cases, cases.some(isRed) ? 1 : 0)),
  ...more,
});
const named = (id: string, more: Partial<CaseResult> = {}) => caseResult({ id, test: id, ...more });
const lines = (before: Results, after: Results) =>
  renderComparison(compareResults(before, after), plainStyle);

describe('comparing two runs', () => {
  it('says so where nothing changed', () => {
    assert.deepEqual(lines(run([named('a')]), run([named('a')])), ['No difference worth telling.']);
  });

  const changes: readonly (readonly [Verdict, Verdict, boolean])[] = [
    ['pass', 'fail', true],
    ['pass', 'error', true],
    ['pass', 'skip', true],
    ['skip', 'pass', false],
    ['fail', 'pass', false],
    ['error', 'fail', true],
  ];
  for (const [old, fresh, worse] of changes)
    it(`calls ${fresh} after ${old} ${worse ? 'worse' : 'better'}`, () => {
      const before = run([named('a', { verdict: old })]);
      const after = run([named('a', { verdict: fresh, reason: 'because' })]);
      const [change] = compareResults(before, after).verdicts;
      assert.equal(change?.worse, worse);
      assert.deepEqual(lines(before, after), [
        `${worse ? 'worse ' : 'better'}  v2.6.30 no such pid > a: ${old} before, ${fresh} now: because`,
      ]);
    });

  it('tells a failure that is known from one that is not', () => {
    const failing = named('a', { verdict: 'fail' });
    const [red, known] = [run([failing]), run([{ ...failing, known: 'later' }])];
    assert.equal(compareResults(run([named('a')]), known).verdicts[0]?.worse, true);
    assert.equal(compareResults(red, known).verdicts[0]?.worse, false);
    assert.deepEqual(lines(known, red), [
      'worse   v2.6.30 no such pid > a: known to fail before, fail now',
    ]);
  });

  it('tells what is warned of now, and no more', () => {
    const finding = { kind: 'warn', line: '[    1.500000] WARNING: at a.c:1', lines: [], index: 1 };
    const complaining = run([named('a')]);
    const guests = complaining.guests.map((guest) => ({
      ...guest,
      findings: [{ ...finding, kind: 'warn' as const, fatal: true }],
    }));
    const before = run([named('a')], { warnings: ['guests are booted, not restored'] });
    assert.deepEqual(lines(before, run([named('a')], { guests })), [
      'changed new warning: v2.6.30: kernel warn outside any case: WARNING: at a.c:1',
      'changed no more warning: guests are booted, not restored',
    ]);
  });

  it('names cases that are new, and those that are gone', () => {
    assert.deepEqual(lines(run([named('a')]), run([named('b')])), [
      'new     pass  v2.6.30 no such pid > b',
      'gone    v2.6.30 no such pid > a',
    ]);
  });

  it('counts the worst of a case that was run again', () => {
    const again = [named('a'), named('a', { verdict: 'fail' }), named('a')];
    assert.equal(compareResults(run([named('a')]), run(again)).verdicts[0]?.worse, true);
  });

  const times = [
    [1000, 1600, ['slower  v2.6.30 no such pid > a: 1.0 s before, 1.6 s now']],
    [1600, 1000, ['faster  v2.6.30 no such pid > a: 1.6 s before, 1.0 s now']],
    [1000, 1400, ['No difference worth telling.']],
    [10, 60, ['No difference worth telling.']],
  ] as const;
  for (const [before, after, expected] of times)
    it(`tells ${before} ms and ${after} ms apart only where it matters`, () => {
      const timed = (milliseconds: number) => run([named('a', { milliseconds })]);
      assert.deepEqual(lines(timed(before), timed(after)), expected);
    });

  it('says what else is different: patches, images, warnings, machines', () => {
    const report = {
      base: 'v6.1',
      version: '6.1',
      sourceId: 'x',
      origin: 'apt',
      imageKey: 'i1',
      rootfsKey: 'r',
      kernelWarnings: 0,
      series: [{ number: 1, subject: 'c/r: one', file: 'cr/1' }],
    };
    const other = {
      ...report,
      imageKey: 'i2',
      kernelWarnings: 2,
      series: [{ number: 1, subject: 'c/r: two', file: 'cr/1' }],
    };
    const after = {
      baseReports: [other],
      accelerator: { name: 'kvm', reason: '', factor: 1 },
    };
    assert.deepEqual(lines(run([], { baseReports: [report] }), run([], after)), [
      'changed v6.1: new patch "c/r: two"',
      'changed v6.1: patch "c/r: one" is gone',
      'changed v6.1: another image, i2 instead of i1',
      'changed v6.1: 2 compiler warnings instead of 0',
      'changed another accelerator, so times say little: kvm instead of tcg',
    ]);
  });
});
