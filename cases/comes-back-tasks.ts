import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const signals = { patch: patches.signals };

registerWorkloads('tasks', {
  ...{ tree: {}, many: {}, threads: signals, zombies: {} },
  'stopped-child': { patch: patches.stopped },
  ...{ session: {}, limits: signals, personality: signals },
  identity: { patch: patches.credentials },
  place: { patch: patches.directories },
});
