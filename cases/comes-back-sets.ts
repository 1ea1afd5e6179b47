import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const base = 'v2.6.30';
const signals = { base, patch: patches.signals };

registerWorkloads('threads and signals that belong together', {
  masked: signals,
  leaderless: signals,
  'timer-gone': signals,
  'by-chance': { base, patch: patches.goingOn, moves: true },
});
