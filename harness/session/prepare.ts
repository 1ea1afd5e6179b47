import { chosenFragments } from '../../kernel/build/fragments.ts';
import type { Base, Image } from '../../kernel/base.ts';
import { recognise } from '../../kernel/source/choose.ts';
import { requireTools } from '../../kernel/build/compiler.ts';
import { makeImage } from '../../kernel/image.ts';
import {
  buildSelftests,
  type BuiltSelftest,
  type SelftestOptions,
} from '../../kernel/selftests.ts';
import { givenUp, stage } from '../../kernel/stage.ts';
import { chooseAccelerator } from '../../qemu/accelerator.ts';
import { calibrate } from '../../qemu/calibrate.ts';
import type { Accelerator } from '../../qemu/contracts.ts';
import { buildRootfs, type Rootfs, type UserSpaces } from '../../rootfs/rootfs.ts';
import type { ArchitectureName } from '../core/architectures.ts';
import type { Context } from '../core/context.ts';
import { isLabError, labError, type LabError } from '../core/errors.ts';
import { findObstacles, obstacleError } from '../core/surroundings.ts';
import type { ProjectProgram } from '../core/project.ts';
import type { RunOptions } from '../plan/options.ts';

/** What guests of every base have in common. */
export interface GuestParts {
  readonly userSpaces: UserSpaces;
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

export interface PrepareOptions
  extends Omit<GuestChoice, 'selftests'>, Pick<RunOptions, 'source' | 'upto' | 'tree' | 'debug'> {
  /** kselftest targets. */
  readonly selftests?: readonly string[] | undefined;
}

/** What guests are made of beside their kernel. */
export interface GuestChoice extends Pick<RunOptions, 'accel'> {
  /** The project's own. */
  readonly programs: readonly ProjectProgram[];
  /** Of the tree of the first of the bases, built. */
  readonly selftests?: readonly BuiltSelftest[] | undefined;
}

/**
 * Builds what guests of these bases need and chooses the accelerator, all at once. Throws
 * what stands in the way on this machine, the first error of a stage, or a base's if no base could be built: nobody waits for what
 * no guest will use.
 */
export async function prepare(
  bases: readonly Base[],
  options: PrepareOptions,
  context: Context,
): Promise<Prepared> {
  await lookAround(bases, context);
  const { selftests: targets = [], source, upto } = options;
  // All bases share a user space: it has what the first one's tree holds.
  const selftests = await makeSelftests(bases[0], { targets, source, upto }, context);
  const [parts, made] = await settleBoth(
    context,
    (within) => prepareGuests(bases, { ...options, selftests }, within),
    (within) => makeImages(bases, options, within),
  );
  return { ...parts, ...made };
}

/** Returns what a base's tree has of these kselftest targets, with its series applied. */
export async function makeSelftests(
  base: Base | undefined,
  options: SelftestOptions,
  context: Context,
): Promise<readonly BuiltSelftest[]> {
  if (base === undefined || options.targets.length === 0) return [];
  return stage(context, 'rootfs', undefined, 'selftests of the tree', async () => {
    const built = await buildSelftests(base, options, context);
    return { value: built, cached: false, what: built.map(({ name }) => name).join(', ') };
  });
}

/** Tells what of this machine stands in the way of these bases; throws what stops them. */
export async function lookAround(bases: readonly Base[], context: Context): Promise<void> {
  bases.forEach(requireTools);
  const guest = Math.max(...bases.map((base) => base.guest.memory));
  for (const obstacle of await findObstacles(context.home, guest)) {
    if (obstacle.stops) throw obstacleError(obstacle);
    context.emit({ type: 'warning', text: `${obstacle.what}. ${obstacle.next}` });
  }
}

/** Builds the user space and chooses the accelerator for these bases. Throws the first stage's error. */
export async function prepareGuests(
  bases: readonly Base[],
  options: GuestChoice,
  context: Context,
): Promise<GuestParts> {
  const [userSpaces, calibrated] = await settleBoth(
    context,
    (within) => makeUserSpaces(bases, options, within),
    (within) => chooseAndCalibrate(bases, options, within),
  );
  return { userSpaces, ...calibrated };
}

/**
 * Does both at once. When one fails the other is stopped and waited for, so that nothing runs
 * on once there is an error: the one that came first, but what the caller can put right before all.
 */
export async function settleBoth<A, B>(
  context: Context,
  first: (within: Context) => Promise<A>,
  second: (within: Context) => Promise<B>,
): Promise<[A, B]> {
  const stop = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const errors: unknown[] = [];
  const watch = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      errors.push(error);
      stop.abort(noUseNow(error));
      throw error;
    });
  const both = [watch(first(within)), watch(second(within))] as const;
  await Promise.allSettled(both);
  const mendable = errors.find((error) => isLabError(error) && error.fault === 'source');
  if (errors.length > 0) throw mendable ?? errors[0];
  return Promise.all(both);
}

/** What a stage is told that is stopped because another one failed. */
function noUseNow(error: unknown): LabError {
  return labError({
    code: givenUp,
    fault: isLabError(error) ? error.fault : 'infrastructure',
    doing: 'preparing guests',
    what: 'stopped: another stage has failed, and no guest would use it',
    next: 'Put right what the other stage says.',
  });
}

async function makeUserSpaces(
  bases: readonly Base[],
  choice: GuestChoice,
  context: Context,
): Promise<UserSpaces> {
  const spaces = new Map<ArchitectureName, Rootfs>();
  for (const { architecture } of bases)
    if (!spaces.has(architecture))
      spaces.set(architecture, await makeRootfs(architecture, choice, context));
  return spaces;
}

async function makeRootfs(
  architecture: ArchitectureName,
  { programs, selftests }: GuestChoice,
  context: Context,
): Promise<Rootfs> {
  const what = architecture === 'x86_64' ? 'user space' : `user space of ${architecture}`;
  return stage(context, 'rootfs', undefined, what, async () => {
    const rootfs = await buildRootfs(architecture, context, programs, selftests);
    return { value: rootfs, cached: rootfs.cached, what: `initramfs ${rootfs.key}` };
  });
}

type Calibrated = Pick<GuestParts, 'accelerator' | 'factor'>;

async function chooseAndCalibrate(
  bases: readonly Base[],
  { accel }: Pick<GuestChoice, 'accel'>,
  context: Context,
): Promise<Calibrated> {
  return stage(context, 'accelerator', undefined, 'trying KVM', async () => {
    const accelerator = await chooseAccelerator(
      { override: accel, models: bases.map(({ guest }) => guest.cpu.kvm) },
      context,
    );
    const calibrated = await calibrate(accelerator.name, context);
    const slower = Math.max(...bases.map(({ guest }) => guest.slower ?? 1));
    const factor = calibrated.factor * slower;
    const { name, reason } = accelerator;
    context.emit({ type: 'calibrated', accelerator: name, reason, factor });
    return { value: { accelerator, factor }, cached: false, what: reason };
  });
}

/**
 * Makes the bases' images one after another: make already uses every processor. Throws the
 * first base's error if none has an image.
 */
async function makeImages(
  bases: readonly Base[],
  { source, upto, tree, debug }: PrepareOptions,
  context: Context,
): Promise<{ images: Image[]; failures: LabError[] }> {
  const images: Image[] = [];
  const failures: LabError[] = [];
  // One place holds one base's source; the others' come from where they always do.
  const holder =
    source !== undefined && bases.length > 1 ? await recognise(source, bases) : undefined;
  for (const base of bases) {
    const from = holder === undefined || holder === base ? source : undefined;
    const fragments = chosenFragments(base, debug);
    try {
      images.push(await makeImage({ base, source: from, upto, draft: tree, fragments }, context));
    } catch (error) {
      if (!isLabError(error) || context.signal.aborted) throw error;
      failures.push(error);
    }
  }
  const [failure] = failures;
  if (images.length === 0 && failure !== undefined) throw failure;
  return { images, failures };
}
