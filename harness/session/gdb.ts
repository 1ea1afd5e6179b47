import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../kernel/base.ts';
import { writeSeriesFiles } from '../../kernel/tree/series-files.ts';
import { launchMachine } from '../../qemu/launch.ts';
import { bootTo, machineOf } from '../guest/boot-guest.ts';
import { quote } from '../core/cli-context.ts';
import type { Context } from '../core/context.ts';
import { bringToLife } from '../guest/guest-life.ts';
import { openGuestShim } from '../guest/guests.ts';
import type { GuestRequest, LiveGuest, Machinery } from '../guest/live-guest.ts';
import type { GuestParts } from './prepare.ts';

/**
 * What the lab's deadlines are multiplied by while somebody reads a kernel's stack: 30 s
 * become 83 hours. More, and the longest would not fit into a timer's 31 bits.
 */
export const gdbFactor = 10_000;

export interface GdbOptions {
  readonly image: Image;
  readonly parts: GuestParts;
  /** Stop at the machine's first instruction instead of where the case begins. */
  readonly fromBoot: boolean;
  /** Starts gdb, or tells how to; the guest stands still until gdb lets it go on. */
  readonly attach: (gdb: readonly string[]) => void;
}

/**
 * Returns where the guest to be debugged comes from: booted, not restored, and stopped once.
 * Another guest that the case opens beside it is the usual one: there is one terminal.
 */
export function createGdbMachinery(
  options: GdbOptions,
  context: Context,
  usual: Machinery,
): Machinery {
  let opened = false;
  return {
    openGuest: (request) => {
      if (opened) return usual.openGuest(request);
      opened = true;
      return openStopped(options, context, request);
    },
  };
}

/** Returns gdb's command line for a guest that waits at this socket. */
export function gdbCommand(
  image: Pick<Image, 'vmlinux'>,
  socket: string,
  sources: readonly string[],
): readonly string[] {
  const commands = [
    // The first folder that has a file is where its lines come from.
    `directory ${sources.join(' ')}`,
    `target remote ${socket}`,
    // A panic resets the machine, which ends QEMU: what led to it is to be seen before.
    'hbreak panic',
  ];
  return ['gdb', '-q', image.vmlinux, ...commands.flatMap((command) => ['-ex', command])];
}

/**
 * Runs gdb in the caller's terminal and returns its end. It gets a terminal of its own
 * between the two: Ctrl-C is for gdb there, and not for QEMU and the lab as well.
 */
export function runInTerminal(argv: readonly string[]): Promise<void> {
  const command = argv.map(quote).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

async function openStopped(
  { image, parts, fromBoot, attach }: GdbOptions,
  context: Context,
  request: GuestRequest,
): Promise<LiveGuest> {
  const { name, base, signal, emit } = request;
  const { scratch } = context;
  const folder = join(scratch, name);
  await mkdir(folder, { recursive: true });
  const socket = join(folder, 'gdb');
  const consoleLog = join(folder, 'console.log');
  const machine = machineOf(image, parts);
  const running = await launchMachine(machine, { name, folder, consoleLog, signal, gdb: socket });
  const { how, argv: commandLine } = running;
  emit({ type: 'guest-started', guest: name, base, how, commandLine, consoleLog });
  const sources = join(folder, 'source');
  await writeSeriesFiles(image.source, image.series, sources, context);
  const gdb = gdbCommand(image, socket, [sources, image.source.repository]);
  try {
    if (fromBoot) attach(gdb);
    else await running.qmp.execute('cont');
    const within = { ...context, signal };
    await bootTo(running, image, { factor: fromBoot ? gdbFactor : parts.factor }, within);
    const patient = { userSpaces: parts.userSpaces, factor: gdbFactor, keepalive: false };
    const shim = await openGuestShim(running, patient);
    if (!fromBoot) {
      await running.qmp.execute('stop');
      attach(gdb);
    }
    return await bringToLife(running, shim, {}, request);
  } catch (error) {
    await running.kill();
    throw error;
  }
}
