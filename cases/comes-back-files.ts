import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const pipes = { patch: patches.pipes };

registerWorkloads('files', {
  'file-offset': {},
  'file-modes': {},
  'file-dup': {},
  'file-shared': {},
  devices: {},
  folder: {},
  pipe: pipes,
  'pipe-full': pipes,
  'pipe-half': pipes,
  'ping-pong': pipes,
  fifo: pipes,
  thousand: {},
  'file-flags': {},
  'beyond-end': {},
  'half-read': {},
  gaps: {},
  listing: { stays: 'a folder made anew may be listed in another order' },
  'far-end': pipes,
  writers: { moves: /^fdinfo \d+ pos$/ },
});
