import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const signals = { patch: patches.signals };

registerWorkloads('threads and signals that belong together', {
  ...{ masked: signals, leaderless: signals, 'timer-gone': signals },
  'by-chance': { patch: patches.goingOn, moves: true },
});
