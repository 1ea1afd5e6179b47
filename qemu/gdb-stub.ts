import { createConnection } from 'node:net';
import { labError } from '../harness/core/errors.ts';

/** QEMU's gdb stub: the guest stands still while somebody is connected, and goes on after `D`. */
export interface Stub {
  /** Sends a packet of gdb's remote protocol and returns the answer's. */
  ask(packet: string): Promise<string>;
  /** Resolves once QEMU has let go of the connection as well. */
  close(): Promise<void>;
}

/** Connects to the gdb stub at a socket. `patience` is in milliseconds, for each answer. */
export function openStub(path: string, patience: number): Stub {
  const socket = createConnection(path);
  let unread = '';
  let over: Error | undefined;
  let wake: () => void = () => undefined;
  const end = (why: string) => {
    over ??= stubError(why);
    wake();
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    unread += text;
    wake();
  });
  socket.on('error', (error) => end(error.message));
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      end('QEMU closed the connection');
      resolve();
    });
  });
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
    close: async () => {
      if (over === undefined) socket.end();
      else socket.destroy();
      const timer = setTimeout(() => socket.destroy(), patience);
      await closed;
      clearTimeout(timer);
    },
  };
}

function checksum(packet: string): string {
  const sum = [...Buffer.from(packet, 'latin1')].reduce((total, byte) => (total + byte) & 0xff, 0);
  return sum.toString(16).padStart(2, '0');
}

/** The stub does not do what it should. */
export function stubError(what: string): Error {
  return labError({
    code: 'guest-memory',
    fault: 'infrastructure',
    doing: "changing a word of a guest's memory",
    what,
    next: 'Check the QEMU version with `lab doctor`; the guest is of no use, the kernel is not judged.',
  });
}
