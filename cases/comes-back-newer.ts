import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const base = 'v6.1';
const signals = { base, patch: patches.signals };

registerWorkloads('what 2.6.30 did not have', {
  rseq: { base, patch: patches.rseq },
  'big-pipe': { base, patch: patches.pipeSizes },
  spliced: { base, patch: patches.pieces },
  'disarming-stack': signals,
  subreaper: signals,
  'no-new-privs': { base, patch: patches.credentials },
});
