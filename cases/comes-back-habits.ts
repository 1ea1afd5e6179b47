import { suite } from './cr/case.ts';
import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';
import { endWell, savedWorkload } from './support/workload.ts';

const base = 'v6.1';
const signals = { base, patch: patches.signals };
const memory = { base, patch: patches.memory };

registerWorkloads('what a task has told the kernel to do about it', {
  ...{ 'reset-on-fork': signals, 'early-kill': signals, 'io-flusher': signals },
  ...{ 'more-details': { ...signals, pids: true }, 'many-queued': { patch: patches.signals } },
  ...{ 'small-pages': memory, barrier: memory, 'lock-on-fault': memory },
  packets: { base, patch: patches.pipes },
});

const test = suite('a restarter that may have two signals queued')
  .needs({ base })
  .needs({ patch: patches.signals });

const tool = 'ulimit -i 2; restart';

test('root: its task has all of fifty', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'many-queued');
  const words = ['busybox', 'sh', '-c', `${tool} --copy-status ${image}`];
  const program = await guest.program(words, { says: /^restarted / });
  await endWell(guest, { ...workload, program });
});

test.run();
