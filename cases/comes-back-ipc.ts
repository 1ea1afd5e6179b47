import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const sharedMemory = { patch: patches.ipcSharedMemory };
const queues = { patch: patches.ipcQueues };
const undo = { patch: patches.ipcUndo };

registerWorkloads('namespaces and System V IPC', {
  names: { patch: patches.names },
  // v6.1 keeps who used an object last as a task, not as a number.
  ...{ 'ipc-shm': { ...sharedMemory, pids: true }, 'ipc-msg': { ...queues, pids: true } },
  'ipc-msg-wait': queues,
  'ipc-sem': { patch: patches.ipcSemaphores, pids: true },
  'ipc-undo': undo,
  'ipc-limits': queues,
  'ipc-outside': { ...sharedMemory, stays: 'the segment is not its own, but of all' },
});
