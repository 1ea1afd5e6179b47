import type { Guest } from './cr/case.ts';
import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import type { Workload } from './support/workload.ts';
import { bringBack, endWell, startWorkload, tasksOf, thaw } from './support/workload.ts';

// Every kind of sleep, and of task, that a freezer has to get hold of in its own way.
const workloads = [
  ...['count', 'many', 'threads', 'zombies', 'stopped-child'],
  ...['nanosleep', 'poll', 'futex', 'read', 'pipe-full', 'ping-pong', 'handlers'],
];

const test = suite('what a checkpoint must not disturb: frozen by cgroup.freeze')
  .needs({ base: 'v6.1' })
  .needs({ patch: patches.stopped })
  .within(60);

for (const name of workloads) {
  test(`${name}: saved and thawed, it goes on`, async ({ guest }) => {
    const workload = await startWorkload(guest, name);
    await save(guest, workload);
    await thaw(guest, workload);
    await endWell(guest, workload);
  });

  test(`${name}: killed and restarted, it goes on`, async ({ guest }) => {
    const workload = await startWorkload(guest, name);
    const image = await save(guest, workload);
    for (const pid of await tasksOf(guest, workload)) await guest.shim('signal', pid, 'KILL');
    await workload.program.ended();
    await endWell(guest, await bringBack(guest, workload, image));
  });
}

test.run();

/** Freezes a workload by version 2 of control groups, and saves it. */
async function save(guest: Guest, workload: Workload): Promise<string> {
  const pids = await tasksOf(guest, workload);
  const frozen = await guest.shim('freeze', ...pids, '--group', workload.group, '--v2');
  assert.is(frozen['state'], 'FROZEN', 'all of its tasks are frozen');
  const result = await guest.checkpoint(workload.pid);
  assert.is(result.errno, null, (await result.image()).error ?? 'no record says why');
  assert.ok(result.path, 'the image is a file');
  return result.path;
}
