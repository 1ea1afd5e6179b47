import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { dir } from 'tmp-promise';
import type { LabEventBody } from '../../../harness/core/events.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import { createStageClock, estimateCases, estimateStages } from '../../../harness/plan/estimate.ts';
import { readTimes } from '../../../kernel/build/compiler-speed.ts';
import { v2_6_30 } from '../../../kernel/bases/v2.6.30.ts';

const planned = (file: string, test: string, expected?: number) => ({
  planned: {
    ...{ id: `${file} > a > ${test}`, base: 'v6.1', file, suite: 'a', test },
    ...(expected === undefined ? {} : { expected }),
  },
});

describe('estimateCases', () => {
  it('takes what each took last, and a guest for each file', () => {
    const entries = [
      planned('a.ts', 'x', 400),
      planned('a.ts', 'y', 600),
      planned('b.ts', 'x', 1000),
    ];
    assert.equal(estimateCases(entries, { jobs: 1, factor: 1 }), 4000);
    assert.equal(estimateCases(entries, { jobs: 2, factor: 1 }), 2000);
    // Two files are never in three guests.
    assert.equal(estimateCases(entries, { jobs: 3, factor: 1 }), 2000);
  });

  it('takes a mean for what has never run, as slow as the machine is', () => {
    const entries = [planned('a.ts', 'x')];
    const once = estimateCases(entries, { jobs: 1, factor: 1 });
    assert.ok(once > 1000);
    assert.equal(estimateCases(entries, { jobs: 1, factor: 2 }), 2 * once);
  });

  it('takes nothing for what is not run', () => {
    const entries = [
      { ...planned('a.ts', 'x', 400), proven: { run: 'r', milliseconds: 400 } },
      { ...planned('b.ts', 'x', 400), unmet: 'needs another base' },
    ];
    assert.equal(estimateCases(entries, { jobs: 2, factor: 1 }), 0);
  });
});

async function makeHome(context: TestContext) {
  const { path, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  context.after(() => cleanup());
  const home = findLabHome({ LAB_HOME: path });
  await mkdir(home.facts, { recursive: true });
  return home;
}

describe('estimateStages', () => {
  const options = { upto: undefined, tree: false, debug: true };

  it('names every stage of a fresh machine, and tells of each how long', async (t) => {
    const home = await makeHome(t);
    const context = { home, emit: () => undefined, signal: t.signal, scratch: '' };
    const steps = await estimateStages([v2_6_30], options, context);
    assert.deepEqual(
      steps.map(({ stage }) => stage),
      ['source', 'tree', 'config', 'build', 'rootfs'],
    );
    for (const { milliseconds = 0, stage } of steps) assert.ok(milliseconds > 500, stage);
  });

  it('believes what they took last time rather than a sample', async (t) => {
    const home = await makeHome(t);
    const context = { home, emit: () => undefined, signal: t.signal, scratch: '' };
    await writeFile(join(home.facts, 'stages.json'), '{"build v2.6.30": 1234, "rootfs": 5678}');
    const steps = await estimateStages([v2_6_30], options, context);
    const told = Object.fromEntries(steps.map(({ stage, milliseconds }) => [stage, milliseconds]));
    assert.deepEqual([told['build'], told['rootfs']], [1234, 5678]);
  });
});

describe('the clock of stages', () => {
  it('passes events on, and keeps what was not cached for the next estimate', async (t) => {
    const home = await makeHome(t);
    const context = { home, emit: () => undefined, signal: t.signal, scratch: '' };
    const seen: LabEventBody[] = [];
    const clock = createStageClock((event) => void seen.push(event));
    const ended = { type: 'stage-ended', base: 'v2.6.30', what: '' } as const;
    clock.emit({ ...ended, stage: 'tree', cached: true, milliseconds: 1 });
    clock.emit({ ...ended, stage: 'config', cached: false, milliseconds: 22 });
    clock.emit({ ...ended, stage: 'build', cached: false, milliseconds: 33 });
    await clock.keep(home);
    const steps = await estimateStages(
      [v2_6_30],
      { upto: undefined, tree: false, debug: true },
      context,
    );
    const told = Object.fromEntries(steps.map(({ stage, milliseconds }) => [stage, milliseconds]));
    assert.equal(seen.length, 3);
    assert.equal(told['config'], 22);
    // One that had only some files to compile tells nothing of a whole one.
    assert.notEqual(told['build'], 33);
    assert.notEqual(told['tree'], 1);
  });
});

describe('readTimes', () => {
  it("adds up the children's processor time", () => {
    assert.equal(readTimes('0m0.00s 0m0.00s\n1m0.42s 0m0.03s\n'), 60_450);
    assert.equal(readTimes('0m0,00s\n'), 0);
  });
});
