import { assert, suite } from '../harness/case.ts';
import type { Guest } from '../harness/case.ts';
import { patches } from './support/patches.ts';
import { leastSlabs } from './support/slabs.ts';
import { bringBack, destroy, endWell, save, startWorkload } from './support/workload.ts';

const test = suite('a guest in which all kinds of tasks were saved and restarted')
  .needs({ patch: patches.ipcUndo })
  .needs({ patch: patches.stopped });

/** Of each kind of state that an image has, with what lasts longest to check left out. */
const workloads = [
  ...['together', 'session', 'stopped-child', 'identity', 'place', 'shared-file', 'heap'],
  ...['pipe-full', 'fifo', 'names', 'ipc-undo', 'ipc-limits', 'queued', 'long-timers', 'read'],
];

/** One object that one kind leaves on each trip is that many. */
const rounds = 3;

/** What tasks are made of; counted when nobody else makes any, so that each object shows. */
const exact = [
  ...['task_struct', 'mm_struct', 'files_cache', 'filp', 'signal_cache', 'sighand_cache'],
  ...['nsproxy', 'shmem_inode_cache', 'sigqueue', 'mnt_cache'],
];

/**
 * How many more others may hold. Small objects are made while we count, and what is free in the
 * slab in use then counts as well; who serves the lab has mappings that come and go. One object
 * on each trip is more.
 */
const tolerance = 40;

test.within(90)('holds no more objects of any slab cache than before', async ({ guest }) => {
  await makeRound(guest);
  const before = await leastSlabs(guest);
  for (let i = 0; i < rounds; i++) await makeRound(guest);
  const after = await leastSlabs(guest);
  assert.ok((before['task_struct'] ?? 0) > 0, 'the kernel tells its counts');
  const more = Object.entries(before)
    .map(([name, count]) => [name, (after[name] ?? 0) - count] as const)
    .filter(([name, by]) => (exact.includes(name) ? by >= rounds : by > tolerance))
    .map(([name, by]) => `${name}: ${by} more`);
  assert.equal(more, [], `after ${rounds * workloads.length} round trips`);
});

/** Saves each workload, kills it, brings it back, lets it end well, and removes its files. */
async function makeRound(guest: Guest): Promise<void> {
  for (const name of workloads) {
    const workload = await startWorkload(guest, name);
    const image = await save(guest, workload);
    await destroy(guest, workload);
    await endWell(guest, await bringBack(guest, workload, image));
    for (const path of [image, workload.folder]) await guest.shim('rm', path);
  }
}

test.run();
