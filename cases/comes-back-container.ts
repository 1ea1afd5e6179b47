import { suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import {
  bringBack,
  carryOver,
  destroy,
  endWell,
  save,
  savedWorkload,
  startWorkload,
  thaw,
} from './support/workload.ts';

const test = suite('what a checkpoint must not disturb: a whole container')
  .needs({ patch: patches.ipcUndo })
  .needs({ patch: patches.pids })
  .within(60);

/** What a container may be rich in, without anything being shared with the outside. */
const workloads = [
  ...['tree', 'zombies', 'session', 'dead-session', 'shared-all', 'handlers', 'own-pid'],
  ...['file-shared', 'pipe', 'fifo', 'shared-memory', 'shared-file', 'threads', 'tgkill'],
];

/** They take namespaces of their own, which only a container's init may be the first to have. */
const ofInit = ['names', 'ipc-shm', 'ipc-undo', 'together'];

/** Its root is the workload itself, or an init whose only child that is. */
for (const container of ['init', 'below'] as const)
  for (const name of [...workloads, ...(container === 'init' ? ofInit : [])]) {
    const who = container === 'init' ? name : `${name} below an init`;

    test(`${who}: saved and thawed, it goes on`, async ({ guest }) => {
      const workload = await startWorkload(guest, name, { container });
      await save(guest, workload);
      await thaw(guest, workload);
      await endWell(guest, workload);
    });

    test(`${who}: killed and restarted twice, it goes on`, async ({ guest }) => {
      let { workload, image } = await savedWorkload(guest, name, { container });
      workload = await bringBack(guest, workload, image);
      image = await save(guest, workload);
      await destroy(guest, workload);
      await endWell(guest, await bringBack(guest, workload, image));
    });

    test(`${who}: restarted in another guest, it goes on`, async ({ guest, another }) => {
      const opening = another();
      const { workload, image } = await savedWorkload(guest, name, { container });
      const other = await opening;
      const carried = await carryOver(guest, workload, image, other);
      await endWell(other, await bringBack(other, workload, carried));
    });
  }

test.run();
