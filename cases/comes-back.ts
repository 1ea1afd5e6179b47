import { assert, suite } from '../harness/case.ts';
import { patches } from './support/patches.ts';
import {
  bringBack,
  destroy,
  endWell,
  mappingsOf,
  save,
  startWorkload,
  thaw,
} from './support/workload.ts';

const { tree, pipes, signals, calls, sharedMemory, credentials, directories, stopped } = patches;

/** What each workload of rootfs/src/work needs of the series, beside trees of tasks. */
const workloads: Readonly<Record<string, string>> = {
  ...{ count: tree, heap: tree, sparse: tree, 'huge-hole': tree, protections: tree },
  ...{ 'file-private': tree, stack: tree, fpu: tree, 'copy-on-write': tree },
  ...{ 'file-offset': tree, 'file-modes': tree, 'file-dup': tree, 'file-shared': tree },
  ...{ devices: tree, folder: tree },
  ...{ pipe: pipes, 'pipe-full': pipes, 'pipe-half': pipes, 'ping-pong': pipes, fifo: pipes },
  ...{ tree, many: tree, threads: signals, zombies: tree, 'stopped-child': stopped },
  ...{ 'shared-memory': sharedMemory, 'shared-file': sharedMemory },
  ...{ identity: credentials, place: directories },
  ...{ session: tree, limits: signals, personality: signals },
  ...{ handlers: signals, pending: signals, queued: signals, altstack: signals },
  ...{ timer: signals, 'long-timers': signals },
  ...{ nanosleep: calls, poll: calls, futex: calls, read: calls },
};

const test = suite('what a checkpoint must not disturb').within(20);

for (const [name, patch] of Object.entries(workloads)) {
  const each = test.needs({ patch: tree }).needs({ patch });

  test(`${name}: sound by itself`, async ({ guest }) => {
    await endWell(guest, await startWorkload(guest, name));
  });

  each(`${name}: saved and thawed, it goes on`, async ({ guest }) => {
    const workload = await startWorkload(guest, name);
    await save(guest, workload);
    await thaw(guest, workload);
    await endWell(guest, workload);
  });

  each(`${name}: killed and restarted, it goes on`, async ({ guest }) => {
    const workload = await startWorkload(guest, name);
    const image = await save(guest, workload);
    const before = await mappingsOf(guest, workload);
    await destroy(guest, workload);
    const again = await bringBack(guest, workload, image);
    assert.is(await mappingsOf(guest, again), before, 'its mappings are the same');
    await endWell(guest, again);
  });

  each(`${name}: saved and restarted three times, it goes on`, async ({ guest }) => {
    let workload = await startWorkload(guest, name);
    for (let turn = 0; turn < 3; turn++) {
      const image = await save(guest, workload);
      await destroy(guest, workload);
      workload = await bringBack(guest, workload, image);
    }
    await endWell(guest, workload);
  });
}

test.run();
