import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const signals = { patch: patches.signals };
const calls = { patch: patches.calls };

registerWorkloads('signals and system calls', {
  ...{ handlers: signals, pending: signals, queued: signals, altstack: signals },
  // Each look may find it in its handler, or with a signal on its way.
  timer: { patch: patches.signals, moves: true },
  ...{ 'long-timers': signals, 'work-timers': signals },
  ...{ nanosleep: calls, poll: calls, futex: calls, read: calls },
  ...{ 'sleep-relative': calls, select: calls },
  'sleep-absolute': { patch: patches.calls, stays: 'the other clock shows another time' },
  ...{ sigwait: calls, pause: calls, wait: calls, 'fifo-open': calls },
  ...{ 'in-handler': signals, 'no-zombies': signals },
  'thread-signals': signals,
  // The mask is another for as long as the call lasts.
  sigsuspend: { patch: patches.calls, moves: true },
  // A write that has begun comes back short when it is interrupted, and its task goes on.
  'pipe-write': { patch: patches.calls, moves: true },
});
