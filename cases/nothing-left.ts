import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { grownSince, ring } from './support/slabs.ts';
import { bringBack, endWell, savedWorkload } from './support/workload.ts';

const test = suite('a guest in which all kinds of tasks were saved and restarted')
  .needs({ patch: patches.ipcUndo })
  .needs({ patch: patches.stopped });

/** Of each kind of state that an image has, with what lasts longest to check left out. */
const workloads = [
  ...['together', 'session', 'stopped-child', 'identity', 'place', 'shared-file', 'heap'],
  ...['pipe-full', 'fifo', 'names', 'ipc-undo', 'ipc-limits', 'queued', 'long-timers', 'read'],
];

/**
 * How often all kinds make their trip until the counts are looked at, and how many more objects a
 * cache may hold then; of what tasks are made of, one less than one kind leaves on each trip. Only
 * if there are more at the first look, there is another, after so many trips that one object each
 * is more than the network takes.
 */
const looks = [
  { rounds: 3, tolerance: 40 },
  { rounds: 9, tolerance: ring },
];

test.within(180)('holds no more objects of any slab cache than before', async ({ guest }) => {
  await makeRound(guest);
  const before = await guest.slabs();
  assert.ok((before['task_struct'] ?? 0) > 0, 'the kernel tells its counts');
  let [more, made]: [string[], number] = [[], 0];
  for (const { rounds, tolerance } of looks) {
    for (let i = 0; i < rounds; i++) await makeRound(guest);
    made += rounds;
    more = grownSince(before, await guest.slabs(), made - 1, tolerance);
    if (more.length === 0) break;
  }
  assert.equal(more, [], `after ${made * workloads.length} round trips`);
});

/** Saves each workload, kills it, brings it back, lets it end well, and removes its files. */
async function makeRound(guest: Guest): Promise<void> {
  for (const name of workloads) {
    const { workload, image } = await savedWorkload(guest, name);
    await endWell(guest, await bringBack(guest, workload, image));
    for (const path of [image, workload.folder]) await guest.shim('rm', path);
  }
}

test.run();
