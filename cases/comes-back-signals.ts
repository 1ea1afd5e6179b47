import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const signals = { patch: patches.signals };
const calls = { patch: patches.calls };

registerWorkloads('signals and system calls', {
  ...{ handlers: signals, pending: signals, queued: signals, altstack: signals },
  ...{ timer: signals, 'long-timers': signals },
  ...{ nanosleep: calls, poll: calls, futex: calls, read: calls },
});
