import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const calls = { patch: patches.calls };

registerWorkloads('programs as they are', {
  checksum: calls,
  shell: calls,
  dd: calls,
  sleep: calls,
  // Its file is opened and written to again and again.
  tail: { ...calls, moves: /^(status Vm\w+|stat vsize|maps \w+|fd(info)? \d.*)$/ },
  // A shell knows its children by their pids.
  pipeline: { patch: patches.calls, pids: true },
  // Programs come and go while it is looked at.
  'shell-loop': { patch: patches.calls, pids: true, moves: true },
});
