import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const shared = { patch: patches.sharedMemory };

registerWorkloads('memory', {
  ...{ count: {}, heap: {}, sparse: {}, 'huge-hole': {}, protections: {}, 'file-private': {} },
  ...{ stack: {}, fpu: {}, 'copy-on-write': {} },
  ...{ 'shared-memory': shared, 'shared-file': shared },
});
