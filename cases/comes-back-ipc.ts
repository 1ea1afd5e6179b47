import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const sharedMemory = { patch: patches.ipcSharedMemory };
const queues = { patch: patches.ipcQueues };
const undo = { patch: patches.ipcUndo };

registerWorkloads('System V IPC', {
  ...{ 'ipc-shm': sharedMemory, 'ipc-msg': queues, 'ipc-msg-wait': queues },
  'ipc-sem': { patch: patches.ipcSemaphores },
  ...{ 'ipc-undo': undo, 'ipc-limits': queues },
  'ipc-outside': { ...sharedMemory, stays: 'the segment is not its own, but of all' },
});
