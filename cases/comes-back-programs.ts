import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const calls = { patch: patches.calls };

registerWorkloads('programs as they are', {
  ...{ checksum: calls, shell: calls, tail: calls, dd: calls, sleep: calls },
  // A shell knows its children by their pids.
  pipeline: { patch: patches.calls, pids: true },
  // Programs come and go while it is looked at.
  'shell-loop': { patch: patches.calls, pids: true, moves: true },
});
