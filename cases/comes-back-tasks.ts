import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const signals = { patch: patches.signals };
const credentials = { patch: patches.credentials };

registerWorkloads('tasks', {
  tree: {},
  many: {},
  threads: signals,
  zombies: {},
  'threads-below': { patch: patches.threadsBelow },
  'stopped-child': { patch: patches.stopped },
  suspended: { patch: patches.stopped },
  session: {},
  limits: signals,
  personality: signals,
  identity: credentials,
  place: { patch: patches.directories },
  deep: {},
  'dead-session': {},
  'dead-group': {},
  'early-child': {},
  'death-signal': signals,
  capabilities: credentials,
  undumpable: signals,
  'many-threads': signals,
  chroot: { patch: patches.directories },
  together: { patch: patches.ipcUndo },
  'shared-all': signals,
  'forks-on': {},
  'all-limits': signals,
});
