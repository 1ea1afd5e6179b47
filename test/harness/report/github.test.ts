import assert from 'node:assert/strict';
import { it } from 'node:test';
import { renderAnnotations, renderJobSummary } from '../../../harness/report/github.ts';
import { caseResult, collect, failed, green, hostile, recordRun, red } from './recorded.ts';

it('annotates the line of each red case', () => {
  const [first, second, ...others] = renderAnnotations(collect(red));
  assert.equal(
    first,
    '::error file=cases/not-frozen.ts,line=12,col=3,title=not frozen > EBUSY for a running task::' +
      'Expected values to be strictly equal%0A++EBUSY%0A--null%0A' +
      "rerun: npm run lab -- cases/no-such-pid.ts --grep 'ESRCH'",
  );
  assert.match(second ?? '', /^::error file=cases\/leader\.ts,title=/);
  assert.deepEqual(others, []);
});

it('annotates nothing that is green, or known to fail', () => {
  assert.deepEqual(renderAnnotations(collect(green)), []);
  const known = recordRun([{ ...failed, known: 'later' }], 0);
  assert.deepEqual(renderAnnotations(collect(known)), []);
});

it('lets no text begin a command or a property of its own', () => {
  const nasty = { ...failed, test: 'a::b,file=x\n::error::y', reason: 'one\n::error::two' };
  for (const line of renderAnnotations(collect(recordRun([nasty], 1)))) {
    assert.doesNotMatch(line, /\n/);
    assert.equal(line.match(/::/g)?.length, 2 + (line.match(/%0A::error::two/g)?.length ?? 0) * 2);
  }
});

it('says how many more are red than GitHub shows', () => {
  const many = Array.from({ length: 25 }, (_, index) => ({ ...failed, id: String(index) }));
  const lines = renderAnnotations(collect(recordRun(many, 1)));
  assert.equal(lines.length, 10);
  assert.equal(lines.at(-1), '::error::16 more are red; see the summary');
});

it('summarises as Markdown that the guest cannot break out of', () => {
  const result = caseResult({ verdict: 'fail', reason: `| ${hostile} [x](javascript:1)` });
  const text = renderJobSummary(collect(recordRun([result], 1)));
  assert.match(
    text,
    /^## Red: v2\.6\.30\n\n1 case: 0 passed, 1 failed, 0 skipped, 0 in error, 20\.0 s\./,
  );
  assert.doesNotMatch(text, /<script>|\]\(/);
  const row = text.split('\n').find((line) => line.includes('alert'));
  assert.equal(row?.split('|').length, 5);
});
