import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const signals = { patch: patches.signals };

registerWorkloads('what few programs have', {
  'child-signal': { ...signals, pids: true },
  'io-signal': signals,
  'mail-signal': { ...signals, pids: true },
  'fault-signal': signals,
  'thread-zombie': signals,
  'shared-large': { patch: patches.sharedMemory },
  alone: { patch: patches.ipcUndo },
  'large-queue': { patch: patches.ipcQueues },
});
