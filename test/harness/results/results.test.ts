import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { resultsJsonSchema, resultsSchema } from '../../../harness/results/results.ts';
import { caseResult, collect, crashed, failed, green, recordRun, red } from '../report/recorded.ts';

const repository = resolve(import.meta.dirname, '../../..');

describe('results', () => {
  it('are what the schema says, for a green run, a red one and one that broke off', () => {
    for (const events of [green, red, red.slice(0, -1), green.slice(0, 3)])
      resultsSchema.parse(JSON.parse(JSON.stringify(collect(events))));
  });

  it('have their schema in the docs as it is', async () => {
    const path = join(repository, 'docs/results.schema.json');
    assert.equal(
      await readFile(path, 'utf8').catch(() => ''),
      resultsJsonSchema(),
      `bring it up to date: node --import tsx harness/results/results-schema.ts > ${path}`,
    );
  });

  it('hold every case once, with the stages and the guests', () => {
    const { cases, stages, guests, totals, finished } = collect(red);
    assert.equal(cases.length, 4);
    assert.deepEqual(totals, {
      planned: 4,
      pass: 1,
      fail: 1,
      known: 0,
      skip: 1,
      error: 1,
      'not-run': 0,
    });
    assert.deepEqual(
      stages.map(({ stage, cached }) => [stage, cached]),
      [
        ['source', true],
        ['build', false],
      ],
    );
    assert.deepEqual(
      guests.map(({ name, ready, consoleLog }) => [name, ready, consoleLog]),
      [['v2.6.30-1', 1800, 'v2.6.30-1-console.log']],
    );
    assert.equal(finished, true);
  });

  it('list cases as they were planned, in whatever order they ended', () => {
    const attempt = (id: string, number: number) =>
      caseResult({ id, test: id, attempt: { number, of: 2 } });
    const planned = [attempt('a', 1), attempt('b', 1), attempt('a', 2), attempt('b', 2)];
    const events = recordRun(planned, 0);
    const turned = [...events].reverse().filter(({ type }) => type === 'case-ended');
    const rest = events.filter(({ type }) => type !== 'case-ended');
    const names = collect([...rest, ...turned]).cases.map(
      (result) => `${result.id}${result.attempt?.number ?? 0}`,
    );
    assert.deepEqual(names, ['a1', 'b1', 'a2', 'b2']);
  });

  it('call a run that broke off an error, and name the cases nobody heard of', () => {
    const cut = red.filter(
      (event) =>
        event.type !== 'run-ended' &&
        !(event.type === 'case-ended' && event.result.verdict === 'skip'),
    );
    const { exitCode, finished, missing } = collect(cut);
    assert.equal(exitCode, 3);
    assert.equal(finished, false);
    assert.deepEqual(
      missing.map(({ test }) => test),
      ['whole container'],
    );
  });

  it('never call a run green that its own events call red', () => {
    const lies = [
      ['a red case', recordRun([caseResult(), failed], 0)],
      ['a case in error', recordRun([caseResult(), crashed], 0)],
      ['a case not reported', green.filter(({ type }) => type !== 'case-ended')],
    ] as const;
    for (const [name, events] of lies) {
      const { exitCode, warnings } = collect(events);
      assert.equal(exitCode, 3, name);
      assert.equal(warnings.length, 1, name);
    }
  });

  it('let a known failure be green', () => {
    const events = recordRun([caseResult(), { ...failed, known: 'not written yet' }], 0);
    assert.equal(collect(events).exitCode, 0);
  });

  it('keep both ends of a flooded console', () => {
    const console = Array.from({ length: 5000 }, (_, index) => `line ${index}`);
    const [result] = collect(recordRun([caseResult({ console })], 0)).cases;
    assert.equal(result?.console.length, 1001);
    assert.equal(result.console[0], 'line 0');
    assert.equal(result.console.at(-1), 'line 4999');
    assert.match(result.console[200] ?? '', /4000 lines left out/);
  });
});
