import assert from 'node:assert/strict';
import { it } from 'node:test';
import countTests from '../../../harness/setup/count-reporter.mjs';

type Source = Parameters<typeof countTests>[0];
type Finished = Source extends AsyncIterable<infer Event> ? Event : never;

async function count(events: readonly Finished[]): Promise<unknown> {
  async function* source() {
    await Promise.resolve();
    yield* events;
  }
  for await (const line of countTests(source())) return JSON.parse(line);
  return undefined;
}

const pass = (name: string, more: object = {}): Finished => ({
  type: 'test:pass',
  data: { name, nesting: 1, ...more },
});
const fail = (name: string, failureType: string): Finished => ({
  type: 'test:fail',
  data: { name, nesting: 0, details: { error: { failureType } } },
});

it('counts tests, not suites, and a failed child once', async () => {
  const events = [
    pass('one'),
    fail('two', 'testCodeFailure'),
    fail('parent', 'subtestsFailed'),
    pass('suite', { details: { type: 'suite' } }),
  ];
  assert.deepEqual(await count(events), { passed: 1, failed: ['two'], skipped: [] });
});

it('never counts a skip as a pass, with or without a reason', async () => {
  const events = [
    pass('a', { skip: 'no kernel' }),
    pass('b', { skip: '' }),
    pass('c', { todo: true }),
  ];
  assert.deepEqual(await count(events), {
    passed: 0,
    failed: [],
    skipped: [
      { name: 'a', reason: 'no kernel' },
      { name: 'b', reason: '' },
      { name: 'c', reason: 'to do' },
    ],
  });
});

it('fails a file that holds no test', async () => {
  const events = [pass('/lab/test/empty.test.ts', { nesting: 0 })];
  assert.deepEqual(await count(events), {
    passed: 0,
    failed: ['/lab/test/empty.test.ts: holds no test'],
    skipped: [],
  });
});

it('counts a hook that failed', async () => {
  assert.deepEqual(await count([fail('suite', 'hookFailed')]), {
    passed: 0,
    failed: ['suite'],
    skipped: [],
  });
});
