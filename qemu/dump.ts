import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip, constants } from 'node:zlib';
import type { RunningMachine } from './contracts.ts';

/**
 * Writes a guest's memory and registers to a file: an ELF core, compressed with gzip, that gdb
 * reads with the kernel's vmlinux. The guest stands still meanwhile, and goes on after it. Throws
 * `qmp-failed` with QEMU's words, `qmp-closed`, and what the file system throws; leaves no part of a file then.
 */
export async function dumpMemory(
  { qmp }: Pick<RunningMachine, 'qmp'>,
  path: string,
): Promise<void> {
  const plain = `${path}.part`;
  try {
    // By the guest's own page tables: gdb asks for addresses as the kernel knows them.
    await qmp.execute('dump-guest-memory', { paging: true, protocol: `file:${plain}` });
    // Most of it is zeros: the first level takes a second, and the others gain little.
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    await pipeline(createReadStream(plain), gzip, createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await rm(plain, { force: true });
  }
}
