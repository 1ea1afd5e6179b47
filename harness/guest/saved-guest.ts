import { join } from 'node:path';
import type { Image } from '../../kernel/base.ts';
import { userSpaceOf } from '../../rootfs/rootfs.ts';
import { machineArguments } from '../../qemu/machine.ts';
import { findQemu, qemuCommand } from '../../qemu/program.ts';
import { hostCpu, readProcessor } from '../../qemu/processor.ts';
import { saveGuest } from '../../qemu/snapshot.ts';
import { bootTo, launch, machineOf } from './boot-guest.ts';
import type { GuestOptions } from './boot-guest.ts';
import { keep, keyOf } from '../store/cache.ts';
import type { Context } from '../core/context.ts';
import { labError } from '../core/errors.ts';

/** Raised when the same inputs come to mean another saved guest. */
const recipe = 1;

/**
 * Returns the file of a booted guest of this image, booting and saving one if there is none.
 * Throws `boot-complaint` for one whose kernel complains, and what keeps it from being saved.
 */
export async function savedGuest(
  image: Image,
  options: GuestOptions,
  context: Context,
): Promise<string> {
  const key = await guestKey(image, options);
  const entry = await keep(context.home.guests, key, async (path) => {
    const name = `${image.base.name}-first`;
    const running = await launch(image, name, undefined, options, context, context.signal);
    try {
      await bootTo(running, image, options, context);
      const complaint = running.console.findings.find((finding) => finding.fatal)?.line;
      if (complaint !== undefined) throw complained(image, complaint);
      await saveGuest(running, join(path, 'state'), context.signal);
    } finally {
      await running.kill();
    }
  });
  if (entry.damage !== undefined)
    context.emit({
      type: 'warning',
      text: `the saved guest ${key} was made again: ${entry.damage}`,
    });
  return join(entry.path, 'state');
}

/** Returns the key of all that a guest of an image is made of. Throws what findQemu throws. */
export async function guestKey(
  image: Image,
  options: Pick<GuestOptions, 'userSpaces' | 'accelerator'>,
  read: typeof readProcessor = readProcessor,
): Promise<string> {
  const machine = machineOf(image, options);
  const processor = machine.cpu === hostCpu ? { processor: await read() } : {};
  return keyOf({
    ...processor,
    recipe,
    image: image.key,
    rootfs: userSpaceOf(image.base, options.userSpaces).key,
    // The paths of kernel and initramfs are not what they hold.
    machine: machineArguments({ ...machine, kernel: '', initramfs: '-' }, wiring),
    qemu: (await findQemu(qemuCommand(machine.architecture))).version,
  });
}

const wiring = { name: 'guest', restoring: false } as const;

/** A guest that complained while it booted is no clean state to start cases from. */
function complained(image: Image, line: string): Error {
  return labError({
    code: 'boot-complaint',
    fault: 'boot',
    doing: `booting ${image.base.name} to save its state`,
    what: line,
    next: 'Read the console: the first case of each guest is told of it too.',
  });
}
