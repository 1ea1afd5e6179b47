import type { Base, Image } from '../kernel/base.ts';
import { makeImage } from '../kernel/image.ts';
import { stage } from '../kernel/stage.ts';
import { chooseAccelerator } from '../qemu/accelerator.ts';
import { calibrate } from '../qemu/calibrate.ts';
import type { Accelerator } from '../qemu/contracts.ts';
import { buildRootfs, type Rootfs } from '../rootfs/rootfs.ts';
import type { Context } from './context.ts';
import { isLabError, type LabError } from './errors.ts';
import type { RunOptions } from './options.ts';

/** What guests of every base have in common. */
export interface GuestParts {
  readonly rootfs: Rootfs;
  readonly accelerator: Accelerator;
  /** What deadlines are multiplied by. */
  readonly factor: number;
}

/** Everything a guest is made of, for one or more bases. */
export interface Prepared extends GuestParts {
  readonly images: readonly Image[];
  /** Why the other bases have no image. */
  readonly failures: readonly LabError[];
}

export type PrepareOptions = Pick<RunOptions, 'source' | 'upto' | 'tree' | 'debug' | 'accel'>;

/**
 * Builds what guests of these bases need and chooses the accelerator, all at once. Throws
 * the first error of a stage, or a base's if no base could be built.
 */
export async function prepare(
  bases: readonly Base[],
  options: PrepareOptions,
  context: Context,
): Promise<Prepared> {
  const [parts, { images, failures }] = await settleBoth(
    prepareGuests(options, context),
    makeImages(bases, options, context),
  );
  const [failure] = failures;
  if (images.length === 0 && failure !== undefined) throw failure;
  return { ...parts, images, failures };
}

/** Builds the user space and chooses the accelerator. Throws the first stage's error. */
export async function prepareGuests(
  options: Pick<PrepareOptions, 'accel'>,
  context: Context,
): Promise<GuestParts> {
  const [rootfs, calibrated] = await settleBoth(
    makeRootfs(context),
    chooseAndCalibrate(options, context),
  );
  return { rootfs, ...calibrated };
}

/** Waits for both, so that a failing stage leaves no other running behind, then throws its error. */
async function settleBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

async function makeRootfs(context: Context): Promise<Rootfs> {
  return stage(context, 'rootfs', undefined, 'user space', async () => {
    const rootfs = await buildRootfs(context);
    return { value: rootfs, cached: rootfs.cached, what: `initramfs ${rootfs.key}` };
  });
}

type Calibrated = Pick<GuestParts, 'accelerator' | 'factor'>;

async function chooseAndCalibrate(
  { accel }: Pick<PrepareOptions, 'accel'>,
  context: Context,
): Promise<Calibrated> {
  return stage(context, 'accelerator', undefined, 'trying KVM', async () => {
    const accelerator = await chooseAccelerator({ override: accel }, context);
    const { factor } = await calibrate(accelerator.name, context);
    const { name, reason } = accelerator;
    context.emit({ type: 'calibrated', accelerator: name, reason, factor });
    return { value: { accelerator, factor }, cached: false, what: reason };
  });
}

/** Makes the bases' images one after another: make already uses every processor. */
async function makeImages(
  bases: readonly Base[],
  { source, upto, tree, debug }: PrepareOptions,
  context: Context,
): Promise<{ images: Image[]; failures: LabError[] }> {
  const images: Image[] = [];
  const failures: LabError[] = [];
  for (const base of bases) {
    const fragments = base.config.fragments.filter((name) => debug || name !== 'debug');
    try {
      images.push(await makeImage({ base, source, upto, draft: tree, fragments }, context));
    } catch (error) {
      if (!isLabError(error) || context.signal.aborted) throw error;
      failures.push(error);
    }
  }
  return { images, failures };
}
