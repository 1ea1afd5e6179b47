import { createConnection, type Socket } from 'node:net';
import { labError } from '../harness/core/errors.ts';
import type { Qmp } from './contracts.ts';
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
  if (!words.startsWith('Waiting for gdb connection')) throw failed(words);
  const stub = openStub(createConnection(path), patience);
  const place = address.toString(16);
  try {
    const before = await stub.ask(`m${place},4`);
    if (before !== hexOf(from)) throw failed(`at 0x${place} stands ${before}, not ${hexOf(from)}`);
    const answer = await stub.ask(`M${place},4:${hexOf(to)}`);
    const after = await stub.ask(`m${place},4`);
    if (answer !== 'OK' || after !== hexOf(to)) throw failed(`it answered ${answer}`);
    await stub.ask('D');
  } finally {
    stub.close();
    await qmp.human('gdbserver none');
  }
}

/** Little-endian, as x86 has it. */
function hexOf(word: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes.toString('hex');
}

interface Stub {
  /** Sends a packet of gdb's remote protocol and returns the answer's. */
  ask(packet: string): Promise<string>;
  close(): void;
}

function openStub(socket: Socket, patience: number): Stub {
  let unread = '';
  let over: Error | undefined;
  let wake: () => void = () => undefined;
  const end = (why: string) => {
    over ??= failed(why);
    wake();
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    unread += text;
    wake();
  });
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('QEMU closed the connection'));
  const take = (): string | undefined => {
    const packet = /\$([^#]*)#[0-9a-f]{2}/.exec(unread);
    if (packet === null) return undefined;
    unread = unread.slice(packet.index + packet[0].length);
    socket.write('+');
    return packet[1];
  };
  return {
    ask: async (packet) => {
      const timer = setTimeout(
        () => end(`no answer to ${packet} within ${patience / 1000} s`),
        patience,
      );
      try {
        socket.write(`$${packet}#${checksum(packet)}`);
        for (;;) {
          const answer = take();
          // That it has stopped the guest for us is said at once, or between two answers.
          if (answer !== undefined && /^[TS][0-9a-f]{2}/.test(answer)) continue;
          if (answer !== undefined) return answer;
          if (over !== undefined) throw over;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => void socket.destroy(),
  };
}

function checksum(packet: string): string {
  const sum = [...Buffer.from(packet, 'latin1')].reduce((total, byte) => (total + byte) & 0xff, 0);
  return sum.toString(16).padStart(2, '0');
}

function failed(what: string): Error {
  return labError({
    code: 'guest-memory',
    fault: 'infrastructure',
    doing: "changing a word of a guest's memory",
    what,
    next: 'Check the QEMU version with `lab doctor`; the guest is of no use, the kernel is not judged.',
  });
}
