import { registerWorkloads } from './support/flavours.ts';
import { patches } from './support/patches.ts';

for (const disk of ['ext2', 'ext3', 'ext4'] as const) {
  const here = { disk, stays: 'the disk is its guest’s own' };
  registerWorkloads(`files on ${disk}`, {
    'file-offset': here,
    'file-shared': here,
    'file-flags': here,
    folder: here,
    listing: here,
    'file-private': here,
    'shared-file': { ...here, patch: patches.sharedMemory },
  });
}
