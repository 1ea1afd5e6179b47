import { mask, registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const shared = { patch: patches.sharedMemory };
const signals = { patch: patches.signals };

registerWorkloads('memory', {
  count: {},
  heap: {},
  sparse: {},
  'huge-hole': {},
  'far-hole': { architecture: 'x86_64' },
  protections: {},
  'file-private': {},
  stack: {},
  fpu: {},
  'copy-on-write': {},
  'shared-memory': shared,
  'shared-file': shared,
  'brk-shrunk': {},
  remapped: {},
  locked: {},
  'zero-device': {},
  'many-mappings': {},
  holes: {},
  'made-code': {},
  megabytes: {},
  'file-end': shared,
  'stack-growth': {},
  advised: { patch: patches.advice },
  future: { patch: patches.mmFlags },
  'descriptor-table': { base: 'v2.6.30', patch: patches.descriptorTables },
  // Each look may find it in its handler.
  ...{ vectors: { ...signals, moves: mask }, x87: {} },
});
