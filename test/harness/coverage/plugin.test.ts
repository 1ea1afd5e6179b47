import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import { buildPlugin } from '../../../harness/coverage/plugin.ts';
import type { Hits, RunningMachine } from '../../../qemu/contracts.ts';
import { launchMachine } from '../../../qemu/launch.ts';
import { saveGuest } from '../../../qemu/snapshot.ts';
import { awaitByte, hang, prepare, print, soon } from '../../qemu/tiny-guest.ts';

/** Where QEMU's pc machine puts the setup sectors, and the code in them. */
const codeStart = 0x10000 + 0x268;

const up = print('up\n');
const down = print('down\n');
const pieces = [up, awaitByte, down, hang];
/** Where each piece begins, in bytes of the range. */
const starts = {
  up: 0,
  wait: up.length,
  down: up.length + awaitByte.length,
  hang: up.length + awaitByte.length + down.length,
};

async function prepareCovered(t: TestContext, name: string) {
  const bench = await prepare(t, pieces, name);
  const signal = new AbortController().signal;
  const plugin = await buildPlugin({ home: findLabHome({ LAB_HOME: bench.folder }), signal });
  const ranges = join(bench.folder, 'ranges');
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // What is in no range does not count; neither does one before, which nothing runs.
  const text = `1000 1010\n${codeStart.toString(16)} ${(codeStart + size).toString(16)}\n`;
  await writeFile(ranges, text);
  return { ...bench, coverage: { plugin, ranges } };
}

async function take({ coverage }: RunningMachine): Promise<Hits> {
  assert.ok(coverage);
  return coverage.take();
}

/** Takes until the guest is where it hangs: its last line is read before it has got there. */
async function takeAll(running: RunningMachine): Promise<Hits> {
  const all = new Map<number, number>();
  while (countAt(all, starts.hang) === undefined)
    for (const [position, count] of await take(running))
      all.set(position, (all.get(position) ?? 0) + count);
  return all;
}

/** The first range's bytes come before. */
function countAt(hits: Hits, start: number): number | undefined {
  return hits.get(0x10 + start);
}

it('counts what a guest runs, each time since it was last asked', async (t) => {
  const { machine, options, coverage } = await prepareCovered(t, 'counted');
  const running = await launchMachine(machine, { ...options, coverage });
  await running.console.waitFor(/^up$/, { signal: soon() });
  const first = await take(running);
  assert.equal(countAt(first, starts.up), 1);
  assert.equal(countAt(first, starts.down), undefined);
  running.console.write('x');
  await running.console.waitFor(/^down$/, { signal: soon() });
  const second = await takeAll(running);
  assert.equal(countAt(second, starts.up), undefined);
  assert.equal(countAt(second, starts.down), 1);
  // It loads each byte of the text and the one that ends it: five, and that.
  assert.equal(countAt(second, starts.down + 8), 'down\n'.length + 1);
});

it('tells at its end what nobody has asked about', async (t) => {
  const { machine, options, coverage } = await prepareCovered(t, 'ended');
  const running = await launchMachine(machine, { ...options, coverage });
  await running.console.waitFor(/^up$/, { signal: soon() });
  await running.kill();
  assert.equal(countAt(await take(running), starts.up), 1);
  assert.equal((await take(running)).size, 0);
});

it('counts in a guest that was saved without it', async (t) => {
  const { folder, machine, options, coverage } = await prepareCovered(t, 'saved');
  const first = await launchMachine(machine, options);
  await first.console.waitFor(/^up$/, { signal: soon() });
  const state = join(folder, 'state');
  await saveGuest(first, state, soon());
  await first.kill();
  const restored = await launchMachine(machine, { ...options, coverage, restoreFrom: state });
  restored.console.write('x');
  await restored.console.waitFor(/^down$/, { signal: soon() });
  const hits = await take(restored);
  assert.equal(countAt(hits, starts.up), undefined);
  assert.equal(countAt(hits, starts.down), 1);
});

it('says which of its ranges are wrong', async (t) => {
  const { machine, options, coverage } = await prepareCovered(t, 'wrong');
  await writeFile(coverage.ranges, '2000 2010\n1000 1010\n');
  await assert.rejects(launchMachine(machine, { ...options, coverage }), (error) => {
    assert.ok(isLabError(error));
    assert.equal(error.code, 'qemu-start-failed');
    assert.match(error.details?.join('\n') ?? '', /range 2 can't be used/);
    return true;
  });
});
