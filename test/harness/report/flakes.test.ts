import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CaseResult } from '../../../harness/core/events.ts';
import { findFlakes, findRepeated, firstRuns, shareOf } from '../../../harness/report/flakes.ts';
import { renderAnnotations, renderJobSummary } from '../../../harness/report/github.ts';
import { renderHtml } from '../../../harness/report/html.ts';
import { renderJunit } from '../../../harness/report/junit.ts';
import { renderSummary } from '../../../harness/report/summary.ts';
import { renderTap } from '../../../harness/report/tap.ts';
import { caseResult, collect, failed, recordRun } from './recorded.ts';

const runs = (of: CaseResult, passes: readonly boolean[]) =>
  passes.map((pass, index) => ({
    ...of,
    ...(pass ? { verdict: 'pass' as const } : {}),
    attempt: { number: index + 1, of: passes.length },
  }));
const hard = caseResult({ ...failed, id: 'a > hard', test: 'always' });
const cases = [
  ...runs(failed, [true, false, true, false]),
  ...runs(hard, [false, false, false, false]),
  ...runs(caseResult(), [true, true, true, true]),
];
const results = collect(recordRun(cases, 1));

describe('repeated cases', () => {
  it('are told with how often they passed, flakes apart', () => {
    const told = findRepeated(cases).map(({ shown, passed, ran }) => [shown.test, passed, ran]);
    assert.deepEqual(told, [
      ['EBUSY for a running task', 2, 4],
      ['always', 0, 4],
      ['ESRCH', 4, 4],
    ]);
    assert.equal(findFlakes(cases).length, 1);
    assert.equal(firstRuns(cases.filter(({ verdict }) => verdict === 'fail')).length, 2);
    assert.equal(shareOf(caseResult(), [caseResult()]), undefined);
    assert.deepEqual(findRepeated([caseResult()]), []);
  });

  it('leave out runs that were skipped or cut short', () => {
    const [first, second] = runs(caseResult(), [true, true]);
    const skipped = { ...(second ?? caseResult()), verdict: 'skip' as const };
    assert.equal(findRepeated([first ?? caseResult(), skipped])[0]?.ran, 1);
    const facts = { doing: '', what: '', next: '' };
    const error = { code: 'interrupted', fault: 'infrastructure', ...facts } as const;
    const cut = { ...skipped, verdict: 'error' as const, error };
    assert.deepEqual(findFlakes([first ?? caseResult(), cut]), []);
  });

  const flaky = /EBUSY for a running task.*passed 2 of 4/s;
  const steady = /always.*passed 0 of 4/s;
  const reports = {
    'the summary': renderSummary(results, '/x').join('\n'),
    KTAP: renderTap(results),
    JUnit: renderJunit(results),
    'the page': renderHtml(results),
    "GitHub's summary": renderJobSummary(results),
    annotations: renderAnnotations(results).join('\n'),
  };
  for (const [name, text] of Object.entries(reports))
    it(`are in ${name} with k of n`, () => {
      assert.match(text, flaky);
      assert.match(text, steady);
    });

  it('are explained once in the summary, as what they are', () => {
    const lines = renderSummary(results, '/x');
    const heads = lines.filter((line) => /^(?:FAIL|FLAKY)/.test(line));
    assert.deepEqual(heads, [
      'FLAKY not frozen > EBUSY for a running task',
      'FAIL  not frozen > always',
      'FLAKY not frozen > EBUSY for a running task: passed 2 of 4',
      'FAIL  not frozen > always: passed 0 of 4',
    ]);
    assert.ok(lines.includes('1 repeated case passed each time'));
    assert.match(lines.at(-2) ?? '', /6 passed, 6 failed, 0 skipped, 1 flaky case in/);
  });

  it('have a type of their own in JUnit', () => {
    assert.equal(renderJunit(results).match(/type="flaky"/g)?.length, 2);
    assert.equal(renderAnnotations(results).length, 2);
  });
});
