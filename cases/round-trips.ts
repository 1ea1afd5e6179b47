import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { keptSince } from './support/slabs.ts';
import { bringBack, destroy, endWell, save, startWorkload } from './support/workload.ts';

const test = suite('round trips leave nothing behind').needs({ patch: patches.calls });

/** Trips to fill the caches. */
const first = 5;

/** Workloads and trips that are counted: a hundred tasks or more each. */
const trips = { tree: 15, 'ping-pong': 50, threads: 30 };

/** A task that leaves one object on each trip leaves more. */
const tolerance = 10;

for (const [name, counted] of Object.entries(trips))
  test.within(60)(`${name}: saved, killed and restarted`, async ({ guest }) => {
    let workload = await startWorkload(guest, name);
    let before: Readonly<Record<string, number>> = {};
    for (let trip = 0; trip < first + counted; trip++) {
      if (trip === first) before = await guest.slabs();
      const image = await save(guest, workload);
      await destroy(guest, workload);
      workload = await bringBack(guest, { ...workload, group: `trip-${trip % 2}` }, image);
      await guest.shim('rm', image);
    }
    assert.ok((before['task_struct'] ?? 0) > 0, 'the kernel tells its counts');
    assert.equal(await keptSince(guest, before, tolerance), [], 'these do not come back');
    await endWell(guest, workload);
  });

test.run();
