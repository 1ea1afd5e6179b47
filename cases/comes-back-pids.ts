import { mask, registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const pids = { patch: patches.calls, pids: true };

registerWorkloads('tasks that know their pids', {
  'own-pid': pids,
  waitpid: pids,
  'in-waitpid': pids,
  'pid-file': pids,
  tgkill: pids,
  robust: { patch: patches.sharedMemory, pids: true },
  kill: { ...pids, moves: mask },
  'kill-group': { ...pids, moves: mask },
});
