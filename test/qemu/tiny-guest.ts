import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { dir } from 'tmp-promise';
import type { LaunchOptions, Machine } from '../../qemu/contracts.ts';

/**
 * Guests of some hundred bytes, for QEMU's -kernel: the setup sectors of a Linux image
 * (Documentation/x86/boot.rst), which run in real mode with IP 0 at offset 0x200.
 */

/** Prints on the first serial port, waiting for the port to be ready as a kernel does. */
export function print(text: string): Buffer {
  const bytes = Buffer.concat([Buffer.from(text), Buffer.from([0])]);
  const code = Buffer.from(
    [
      'e8 00 00', //       call .+0
      '5e', //             pop  %si                here: si = this address
      '81 c6 20 00', //    add  $0x20, %si         the text
      '2e ac', //       1: lodsb %cs:(%si), %al
      '84 c0', //          test %al, %al
      '0f 84 00 00', //    jz   after the text    (patched below)
      '88 c4', //          mov  %al, %ah
      'ba fd 03', //       mov  $0x3fd, %dx        line status
      'ec', //          2: in   %dx, %al
      'a8 20', //          test $0x20, %al         transmitter empty
      '74 fb', //          jz   2b
      '88 e0', //          mov  %ah, %al
      'ba f8 03', //       mov  $0x3f8, %dx
      'ee', //             out  %al, %dx
      'eb e6', //          jmp  1b
      '90', //             nop
    ]
      .join('')
      .replaceAll(' ', ''),
    'hex',
  );
  const afterJump = 16;
  code.writeUInt16LE(code.length + bytes.length - afterJump, afterJump - 2);
  return Buffer.concat([code, bytes]);
}

/** Sleeps for ever, deaf to interrupts. */
export const hang = Buffer.from('faf4ebfd', 'hex'); // cli; 1: hlt; jmp 1b

/** Is busy for ever, deaf to interrupts. */
export const spin = Buffer.from('faebfe', 'hex'); // cli; 1: jmp 1b

/** Takes an exception without a descriptor table to handle it: the processor resets. */
export const tripleFault = Buffer.from(
  '6a006a006a0089e5' + '0f015e00' + 'cc', // push 0 (x3); mov %sp,%bp; lidt 0(%bp); int3
  'hex',
);

/** Runs a program again and again. */
export function repeat(body: Buffer): Buffer {
  const jump = Buffer.from('e90000', 'hex');
  jump.writeInt16LE(-(body.length + jump.length), 1);
  return Buffer.concat([body, jump]);
}

/** Sends back every byte that comes in. */
export const echo = Buffer.from(
  'bafd03eca80174fbbaf803ecee' + 'ebf1', // 1: wait for data ready; in; out; jmp 1b
  'hex',
);

/** Waits for one byte to come in. */
export const awaitByte = Buffer.from('bafd03eca80174fbbaf803ec', 'hex'); // 1: wait as above; in

/** Returns a kernel image that runs the pieces one after the other. */
export function buildKernel(...pieces: readonly Buffer[]): Buffer {
  const sectors = 8;
  const image = Buffer.alloc(512 * (sectors + 2));
  image.writeUInt8(sectors, 0x1f1);
  image.writeUInt16LE(0xaa55, 0x1fe);
  image.write('HdrS', 0x202);
  image.writeUInt16LE(0x0206, 0x206);
  image.writeUInt8(1, 0x211); // loaded high
  image.writeUInt32LE(0x100000, 0x214);
  image.writeUInt32LE(0x7fffffff, 0x22c);
  image.writeUInt32LE(0xff, 0x238);
  const code = 0x268;
  image.writeUInt8(0xeb, 0x200); // a short jump over the header
  image.writeUInt8(code - 0x202, 0x201);
  Buffer.concat(pieces).copy(image, code);
  return image;
}

export interface Bench {
  readonly folder: string;
  readonly machine: Machine;
  readonly options: LaunchOptions;
}

/** Returns what launchMachine wants for a tiny guest; all of it goes with the test. */
export async function prepare(
  context: TestContext,
  pieces: readonly Buffer[],
  name = 'tiny',
): Promise<Bench> {
  const { path: folder, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  const stop = new AbortController();
  context.after(async () => {
    stop.abort();
    await cleanup();
  });
  const kernel = join(folder, 'kernel');
  await writeFile(kernel, buildKernel(...pieces));
  return {
    folder,
    machine: {
      architecture: 'x86_64',
      accelerator: 'tcg',
      cpu: 'qemu64',
      cpus: 1,
      memory: 16,
      kernel,
      initramfs: '',
      commandLine: ['console=ttyS0'],
    },
    options: { name, folder, consoleLog: join(folder, 'console.log'), signal: stop.signal },
  };
}

/** A deadline for what takes well under a second on an idle machine. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(30_000);
}
