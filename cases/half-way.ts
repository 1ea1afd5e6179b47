import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { failEachAllocation, survivesFailures } from './support/failing.ts';
import { patches } from './support/patches.ts';
import { keptSince } from './support/slabs.ts';
import {
  bringBack,
  destroy,
  endWell,
  freezeAll,
  save,
  savedWorkload,
  startWorkload,
  textOf,
  thaw,
} from './support/workload.ts';
import type { Workload } from './support/workload.ts';

const test = suite('a checkpoint or restart that fails half-way').needs({ patch: patches.tree });

/** Caches of which a failure could keep objects: tasks, memory, files. */
const caches = ['task_struct', 'mm_struct', 'files_cache', 'fs_cache', 'vm_area_struct', 'filp'];

/** Saves a frozen tree in a way that fails, then shows that nothing is wrong with it. */
function registerFailure(
  name: string,
  fail: (guest: Guest, workload: Workload) => Promise<void>,
): void {
  test(`${name}: the tree is as it was, and the next checkpoint works`, async ({ guest }) => {
    const workload = await startWorkload(guest, 'tree');
    await freezeAll(guest, workload);
    await fail(guest, workload);
    await thaw(guest, workload);
    const image = await save(guest, workload);
    await destroy(guest, workload);
    await endWell(guest, await bringBack(guest, workload, image));
  });
}

registerFailure('a full disk', async (guest, { pid }) => {
  const folder = await guest.smallFileSystem(64);
  for (const kib of [0, 20, 40]) {
    await guest.write(`${folder}/rest`, Buffer.alloc(64 * 1024 - kib * 1024));
    const to = { kind: 'file', path: `${folder}/image` } as const;
    assert.is((await guest.checkpoint(pid, { to })).errno, 'ENOSPC', `${kib} KiB are left`);
    await guest.shim('rm', `${folder}/image`);
  }
});

registerFailure('the largest size of a file', async (guest, { pid }) => {
  const path = `${await guest.folder()}/image`;
  for (const bytes of [0, 300, 5000, 50_000]) {
    const words = ['--pid', String(pid), '--flags', '1', '--out', path];
    const answer = await guest.shim('checkpoint', ...words, '--file-size', String(bytes));
    assert.is(answer['errno'], 'EFBIG', `${bytes} bytes may be written`);
  }
});

registerFailure('a pipe that nobody reads', async (guest, { pid }) => {
  const { errno } = await guest.checkpoint(pid, { to: { kind: 'closed-pipe' } });
  assert.is(errno, 'EPIPE');
});

registerFailure('a killed caller', async (guest, { pid }) => {
  // So much room in its pipe: it sleeps in the midst of the first task, and of another.
  for (const room of [100, 3000, 40_000]) {
    const caller = await guest.subject('caller', { args: [String(pid), String(room)] });
    await caller.signal('SIGKILL');
    assert.match(await caller.ask('drain'), /signal=SIGKILL/);
  }
});

/** With objects of all kinds: a tree; pipes, shared memory and System V IPC; signals in a queue. */
for (const name of ['tree', 'together', 'queued'])
  test.within(60)(`allocations that fail: ${name} is as it was`, ({ guest }) =>
    survivesFailures(guest, name, {
      ...{ fail: failEachAllocation, least: 10, caches, tolerance: 5 },
    }),
  );

test.within(60)('allocations that fail: a restart can be tried again', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'count');
  const go = `${workload.folder}/go`;
  // Whoever becomes the workload ends, and has found all that it left, once nothing fails any more.
  const words = ['restart', '--self', '--in', image, '--flags', '0', '--once-restored', go];
  const restart = async (...more: readonly string[]) => {
    await guest.shim('rm', go);
    const { ret, errno, status, signal } = await guest.shim(...words, ...more);
    // An open file that there is no memory for may be one too many to the kernel.
    if (errno === 'ENOMEM' || errno === 'ENFILE') return false;
    assert.equal(
      { ret, errno, status, signal },
      { ret: null, errno: null, status: 0, signal: null },
    );
    return true;
  };
  const before = await guest.slabs(...caches);
  const failures = await failEachAllocation(guest, () => restart('--make-it-fail'));
  assert.ok(failures >= 10, `${failures} allocations have failed`);
  assert.equal(await keptSince(guest, before, 5), [], 'nothing is kept');
  assert.ok(await restart());
  assert.match(await textOf(guest, `${workload.folder}/verdict`), /^(pass\n)+$/);
});

test.run();
