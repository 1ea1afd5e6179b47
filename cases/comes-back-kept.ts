import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const base = 'v6.1';
const signals = { patch: patches.signals };

registerWorkloads('what little programs ask for', {
  ...{ batch: signals, idle: signals, watchpoint: signals },
  ambient: { base, patch: patches.credentials },
  'kept-from-children': { patch: patches.memory },
  flagged: { base, patch: patches.memory },
  busy: { patch: patches.memory },
  'ipc-settings': { patch: patches.ipcNamespace },
  'used-ids': { patch: patches.ipcQueues },
});
