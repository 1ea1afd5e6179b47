import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

const pipes = { patch: patches.pipes };

registerWorkloads('files', {
  ...{ 'file-offset': {}, 'file-modes': {}, 'file-dup': {}, 'file-shared': {} },
  ...{ devices: {}, folder: {} },
  ...{ pipe: pipes, 'pipe-full': pipes, 'pipe-half': pipes, 'ping-pong': pipes, fifo: pipes },
});
