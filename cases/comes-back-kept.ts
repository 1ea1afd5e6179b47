import { suite } from './cr/case.ts';
import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';
import { bringBack, destroy, endWell, save, startWorkload } from './support/workload.ts';

const base = 'v6.1';
const signals = { patch: patches.signals };
const stopped = { patch: patches.stopped, pids: true };
const namespace = { patch: patches.ipcNamespace };

registerWorkloads('what little programs ask for', {
  ...{ batch: signals, idle: signals, watchpoint: signals },
  ambient: { base, patch: patches.credentials },
  'kept-from-children': { patch: patches.memory },
  flagged: { base, patch: patches.memory },
  busy: { patch: patches.memory },
  'ipc-settings': { patch: patches.ipcNamespace },
  'used-ids': { patch: patches.ipcQueues },
  'signal-number': {},
  'another-program': { pids: true },
  'queue-limits': namespace,
  'number-of-queues': { ...namespace, base: 'v2.6.30' },
  ...{ continued: stopped, 'stop-told': stopped },
  'threads-child': { pids: true },
  ...{ 'io-priority': signals, 'timer-slack': signals, 'killed-late': signals },
  'from-below': { patch: patches.memory },
});

const test = suite('a pipe is whose it was').within(60);
const user = 1000;

test('pipe-owner: sound by itself, as a user', async ({ guest }) => {
  await endWell(guest, await startWorkload(guest, 'pipe-owner', { user }));
});

for (const [who, name] of [
  [0, 'root'],
  [user, 'itself'],
] as const)
  test.needs({ patch: patches.tree }).needs({ patch: patches.credentials })(
    `pipe-owner: a user's task, killed and restarted by ${name}, goes on`,
    async ({ guest }) => {
      const workload = await startWorkload(guest, 'pipe-owner', { user });
      const image = await save(guest, workload);
      await destroy(guest, workload);
      await endWell(guest, await bringBack(guest, workload, image, { user: who }));
    },
  );

test.run();
