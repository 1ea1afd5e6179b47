import { join } from 'node:path';
import type { Image } from '../../kernel/base.ts';
import type { RunningMachine } from '../../qemu/contracts.ts';
import { dumpMemory } from '../../qemu/dump.ts';
import { tailOf } from '../../qemu/ending.ts';
import { askHung, describeHang } from '../../qemu/hang.ts';
import { manualCommand } from '../../qemu/machine.ts';
import { readKeptTime } from '../../qemu/processors.ts';
import { qemuCommand } from '../../qemu/program.ts';
import { userSpaceOf } from '../../rootfs/rootfs.ts';
import { decodeFinding } from '../../qemu/stacks.ts';
import { bootTo, launch } from './boot-guest.ts';
import type { GuestOptions } from './boot-guest.ts';
import type { Context } from '../core/context.ts';
import { isLabError, labError, reportOf, revive } from '../core/errors.ts';
import { bringToLife } from './guest-life.ts';
import { probeMachine } from './guest-loss.ts';
import type { GuestRequest, LiveGuest, Machinery, Outside } from './live-guest.ts';
import { savedGuest } from './saved-guest.ts';
import { openShim } from './open-shim.ts';
import { symbolsOf } from './symbols.ts';
import type { ShimOptions } from './open-shim.ts';
import type { ShimClient } from './shim-client.ts';
import { defined } from '../core/defined.ts';

/** Milliseconds on an accelerator of factor 1; a login takes 300 there. */
const patience = { login: 5000, call: 30_000, probe: 2000 };

/**
 * Returns where guests come from: booted once per machine and saved, so that each one
 * starts from a state that no case has touched. Where saving or restoring fails, guests are
 * booted instead, and a warning says so once.
 */
export function createMachinery(options: GuestOptions, context: Context): Machinery {
  const saved = new Map<string, Promise<string | undefined>>();
  const ready = new Map<string, number>();
  return {
    openGuest: async (request) => {
      const image = imageFor(request.base, options);
      const save = saved.get(request.base) ?? saveOnce(image, options, context);
      saved.set(request.base, save);
      const started = performance.now();
      const live = await open(image, await save, request, ready.get(request.base)).catch(
        async (error: unknown) => {
          if (!isLabError(error) || error.code !== 'restore-failed') throw error;
          bootInstead(error.message);
          saved.set(request.base, Promise.resolve(undefined));
          return open(image, undefined, request, undefined);
        },
      );
      ready.set(request.base, Math.round(performance.now() - started));
      return live;
    },
  };

  function bootInstead(why: string): void {
    context.emit({ type: 'warning', text: `guests are booted, not restored: ${why}` });
  }

  async function open(
    image: Image,
    state: string | undefined,
    request: GuestRequest,
    expected: number | undefined,
  ): Promise<LiveGuest> {
    const running = await launch(image, request.name, state, options, context, request.signal);
    const consoleLog = join(options.folder, `console-${request.name}.log`);
    request.emit({
      type: 'guest-started',
      guest: request.name,
      base: request.base,
      how: running.how,
      commandLine: running.argv,
      manual: manualCommand(running.machine, qemuCommand(running.machine.architecture)),
      consoleLog,
      ...defined({ expected }),
    });
    try {
      const within = { ...context, signal: request.signal };
      if (state === undefined) await bootTo(running, image, options, within);
      const shim = await openGuestShim(running, options);
      await options.alter?.(running, join(context.scratch, request.name));
      return await bringToLife(running, shim, outsideOf(running, image, options, within), request);
    } catch (error) {
      await running.kill();
      throw error;
    }
  }

  async function saveOnce(image: Image, made: GuestOptions, to: Context) {
    try {
      return await savedGuest(image, made, to);
    } catch (error) {
      to.signal.throwIfAborted();
      if (!isLabError(error)) throw error;
      // One that does not boot is not booted again: the second time might go well.
      if (error.fault === 'boot' && error.code !== 'boot-complaint') throw error;
      if (error.fault !== 'boot') bootInstead(error.message);
      return undefined;
    }
  }
}

function imageFor(base: string, { images }: GuestOptions): Image {
  const image = images.find((candidate) => candidate.base.name === base);
  if (image !== undefined) return image;
  throw labError({
    code: 'image-missing',
    fault: 'infrastructure',
    doing: 'opening a guest',
    what: `no image of ${base} was made in this run`,
    next: 'Look for the error that stopped its build.',
  });
}

/** Opens the shim of a guest that is up. Throws what openShim throws, with its last lines. */
export async function openGuestShim(
  running: RunningMachine,
  {
    userSpaces,
    factor,
    keepalive = true,
  }: Pick<GuestOptions, 'userSpaces' | 'factor'> & Pick<ShimOptions, 'keepalive'>,
): Promise<ShimClient> {
  const { machine, sshPort, console, ended } = running;
  const { userName, clientKey, hostKey } = userSpaceOf(machine, userSpaces);
  return openShim({
    port: sshPort,
    user: userName,
    clientKey,
    hostKey,
    keepalive,
    deadline: patience.login * factor,
    kept: () => readKeptTime(running),
    callDeadline: patience.call * factor,
    probe: () => probeMachine({ console, ended }, patience.probe * factor),
  }).catch((error: unknown) => {
    if (!isLabError(error) || error.details !== undefined) throw error;
    throw revive({ ...reportOf(error), details: tailOf(console) }, error);
  });
}

/** The program that starts the shim. */
const server = 'dropbear';

function outsideOf(
  running: RunningMachine,
  image: Image,
  { factor }: GuestOptions,
  context: Context,
): Outside {
  const symbols = symbolsOf(image, context);
  return {
    kept: () => readKeptTime(running),
    decode: (finding) => decodeFinding(finding, symbols),
    interrogate: async (signal) => {
      const probing = patience.probe * factor;
      const report = await askHung(running, { signal, symbols, patience: probing, server });
      return { lines: describeHang(report), stuck: report.stuck };
    },
    dump: (path) => dumpMemory(running, path),
  };
}
