import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../kernel/base.ts';
import { awaitReady } from '../../qemu/boot.ts';
import type { Accelerator, CoveragePlugin, Machine, RunningMachine } from '../../qemu/contracts.ts';
import { launchMachine } from '../../qemu/launch.ts';
import { userSpaceOf, type UserSpaces } from '../../rootfs/rootfs.ts';
import { architectures } from '../core/architectures.ts';
import type { Context } from '../core/context.ts';
import { symbolsOf } from './symbols.ts';
import { defined } from '../core/defined.ts';

export interface GuestOptions {
  readonly images: readonly Image[];
  readonly userSpaces: UserSpaces;
  readonly accelerator: Accelerator;
  /** What deadlines are multiplied by. */
  readonly factor: number;
  /** Absolute path of the folder for console logs. */
  readonly folder: string;
  /** Lines that the project wants told; they turn nothing red. */
  readonly notices?: readonly RegExp[];
  /** What counts the instructions of a base's guests; nothing by default. */
  readonly plugins?: ReadonlyMap<string, CoveragePlugin> | undefined;
  /** What is done to a guest that is ready, before anything runs in it; `folder` is its own. */
  readonly alter?: (running: RunningMachine, folder: string) => Promise<void>;
}

/** Milliseconds a boot may take on an accelerator of factor 1, where it takes 2000 to 4000. */
const patience = 60_000;

/** Returns the machine that an image and its user space make. */
export function machineOf(
  image: Image,
  { userSpaces, accelerator }: Pick<GuestOptions, 'userSpaces' | 'accelerator'>,
): Machine {
  const { guest, architecture } = image.base;
  const native = architectures[architecture].hosts.includes(process.arch);
  const name = native ? accelerator.name : 'tcg';
  return {
    architecture,
    accelerator: name,
    cpu: guest.cpu[name],
    cpus: guest.cpus,
    memory: guest.memory,
    kernel: image.kernel,
    initramfs: userSpaceOf(image.base, userSpaces).initramfs,
    commandLine: guest.commandLine,
  };
}

/** Boots a guest and returns its machine once SSH listens. Throws what kept it from that. */
export async function bootGuest(
  image: Image,
  name: string,
  options: GuestOptions,
  context: Context,
): Promise<RunningMachine> {
  const { signal } = context;
  const running = await launch(image, name, undefined, options, context, signal);
  try {
    await bootTo(running, image, options, context);
    return running;
  } catch (error) {
    await running.kill();
    throw error;
  }
}

/** Starts a guest's machine, from a saved state if there is one. Throws what launchMachine throws. */
export async function launch(
  image: Image,
  name: string,
  state: string | undefined,
  options: GuestOptions,
  { scratch }: Context,
  signal: AbortSignal,
): Promise<RunningMachine> {
  const folder = join(scratch, name);
  const coverage = options.plugins?.get(image.base.name);
  await mkdir(folder, { recursive: true });
  return launchMachine(machineOf(image, options), {
    name,
    folder,
    consoleLog: join(options.folder, `console-${name}.log`),
    signal,
    notices: options.notices ?? [],
    ...defined({ restoreFrom: state, coverage }),
  });
}

/** Resolves once a guest's init says that it is ready. Throws what awaitReady throws. */
export async function bootTo(
  running: RunningMachine,
  image: Image,
  { factor }: Pick<GuestOptions, 'factor'>,
  context: Context,
): Promise<void> {
  const { signal } = context;
  const symbols = symbolsOf(image, context);
  const deadline = patience * factor;
  await awaitReady(running, { deadline, factor, signal, symbols });
}
