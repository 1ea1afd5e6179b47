import type { Qmp } from './contracts.ts';
import { openStub, stubError } from './gdb-stub.ts';
import { checkSocketPath } from './machine.ts';

/** A word of a guest's memory and what it becomes. */
export interface WordChange {
  /** Virtual address of four bytes, as the kernel maps them. */
  readonly address: bigint;
  /** What must stand there. */
  readonly from: number;
  readonly to: number;
}

/** Milliseconds for one answer of QEMU's gdb stub, which waits for nothing in the guest. */
const defaultPatience = 20_000;

/**
 * Changes four bytes of a running guest's memory from outside, through QEMU's gdb stub, at a socket
 * of this path: the guest stands still meanwhile, and has no part in it. Throws
 * `guest-memory` (infrastructure) where something else stands there, or QEMU does not do it.
 */
export async function changeWord(
  qmp: Pick<Qmp, 'human'>,
  path: string,
  { address, from, to }: WordChange,
  patience = defaultPatience,
): Promise<void> {
  checkSocketPath(path);
  const words = (await qmp.human(`gdbserver unix:${path},server=on,wait=off`)).trim();
  if (!words.startsWith('Waiting for gdb connection')) throw stubError(words);
  const stub = openStub(path, patience);
  const place = address.toString(16);
  try {
    const before = await stub.ask(`m${place},4`);
    if (before !== hexOf(from))
      throw stubError(`at 0x${place} stands ${before}, not ${hexOf(from)}`);
    const answer = await stub.ask(`M${place},4:${hexOf(to)}`);
    const after = await stub.ask(`m${place},4`);
    if (answer !== 'OK' || after !== hexOf(to)) throw stubError(`it answered ${answer}`);
    await stub.ask('D');
  } finally {
    await stub.close();
    await qmp.human('gdbserver none');
  }
}

/** Little-endian, as x86 has it. */
function hexOf(word: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes.toString('hex');
}
