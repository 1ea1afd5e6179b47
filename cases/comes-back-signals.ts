import { mask, registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const signals = { patch: patches.signals };
const calls = { patch: patches.calls };

/** Each look may find it in its handler, or with a signal on its way. */
const ticks = { ...signals, moves: /^(status (SigBlk|SigPnd|ShdPnd)|stat (blocked|signal))$/ };

registerWorkloads('signals and system calls', {
  handlers: signals,
  pending: signals,
  queued: signals,
  altstack: signals,
  timer: ticks,
  'long-timers': signals,
  'work-timers': ticks,
  nanosleep: calls,
  poll: calls,
  futex: calls,
  read: calls,
  'sleep-relative': calls,
  select: calls,
  'going-on': { patch: patches.goingOn, moves: /^status ShdPnd$/ },
  'sleep-absolute': { patch: patches.calls, stays: 'the other clock shows another time' },
  sigwait: { ...calls, moves: mask },
  pause: calls,
  wait: calls,
  'fifo-open': calls,
  'in-handler': signals,
  'no-zombies': signals,
  'thread-signals': signals,
  sigsuspend: { ...calls, moves: mask },
  // A write that has begun comes back short when it is interrupted, and its task goes on.
  'pipe-write': { ...calls, moves: true },
});
