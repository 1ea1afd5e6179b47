import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { chosenFragments } from '../../kernel/build/fragments.ts';
import type { Base } from '../../kernel/base.ts';
import { measureCompiler } from '../../kernel/build/compiler-speed.ts';
import { findImage } from '../../kernel/image.ts';
import { findSource } from '../../kernel/source/source-record.ts';
import type { Context } from '../core/context.ts';
import { defined } from '../core/defined.ts';
import type { Emit, EstimatedStep, LabEventBody, Stage } from '../core/events.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import { affordableCompilers } from '../core/host-share.ts';
import type { LabHome } from '../core/home.ts';
import type { RunOptions } from './options.ts';
import type { PlanEntry } from './plan.ts';

/** Milliseconds by what took them: `build v6.1`, `rootfs`. */
type StageTimes = Readonly<Record<string, number>>;

/**
 * What stages take that are about the same for every base, in times of compiling one file: on an
 * idle 2-core host whose gcc 12 takes 0.5 s for a file.
 */
const filesOf = { source: 150, tree: 8, config: 10, rootfs: 130 } as const;

/** Milliseconds of a case that has never run here, at factor 1: the mean of all on both bases. */
const unknownCase = 680;

/** Milliseconds at factor 1 in which a guest is restored, greeted and ended. */
const guestTime = 1000;

/**
 * Returns the stages that have something to do before the first case of these bases can run,
 * and about how long each takes: as it did last time in this lab home, or else by a sample that
 * is compiled here. Nothing where all is kept; then it reads a few small files.
 */
export async function estimateStages(
  bases: readonly Base[],
  { upto, tree, debug }: Pick<RunOptions, 'upto' | 'tree' | 'debug'>,
  context: Context,
): Promise<readonly EstimatedStep[]> {
  const { home } = context;
  const times = await readFacts(fileIn(home));
  const perBase = await Promise.all(
    bases.map(async (base) => {
      const fragments = chosenFragments(base, debug);
      const kept = !tree && (await findImage({ base, upto, fragments }, home)) !== undefined;
      return kept ? [] : estimateBase(base, times, context);
    }),
  );
  const hasRootfs = (await readdir(home.rootfs).catch(() => [])).some((name) =>
    name.startsWith('initramfs-'),
  );
  if (hasRootfs) return perBase.flat();
  const [first] = bases;
  const file = first === undefined ? undefined : await measureCompiler(first, context);
  const rootfs = times['rootfs'] ?? scale(file, filesOf.rootfs);
  return [
    ...perBase.flat(),
    { stage: 'rootfs', what: 'the user space', ...defined({ milliseconds: rootfs }) },
  ];
}

async function estimateBase(
  base: Base,
  times: StageTimes,
  context: Context,
): Promise<readonly EstimatedStep[]> {
  const { name } = base;
  const file = await measureCompiler(base, context);
  const begun = (await stat(join(context.home.builds, name)).catch(() => undefined)) !== undefined;
  const known = (stage: Stage) => times[`${stage} ${name}`];
  const whole = known('build') ?? scale(file, base.objects / affordableCompilers());
  const build = begun ? (times[`build ${name} again`] ?? whole) : whole;
  const step = (stage: Stage, what: string, milliseconds: number | undefined): EstimatedStep => ({
    stage,
    base: name,
    what,
    ...defined({ milliseconds }),
  });
  const hasSource = (await findSource(base, context.home)) !== undefined;
  return [
    ...(hasSource
      ? []
      : [step('source', `fetching ${name}`, known('source') ?? scale(file, filesOf.source))]),
    step('tree', `applying ${name}'s series`, known('tree') ?? scale(file, filesOf.tree)),
    step('config', `configuring ${name}`, known('config') ?? scale(file, filesOf.config)),
    step('build', `compiling ${name}`, build),
  ];
}

function scale(milliseconds: number | undefined, times: number): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * times);
}

/** What cases run in, as far as it decides how long they take. */
export interface Pace {
  /** Guests at once. */
  readonly jobs: number;
  /** What the calibration says deadlines are multiplied by. */
  readonly factor: number;
}

/** A planned case, and why it may not be run. */
type Estimated = Pick<PlanEntry, 'planned'> &
  Readonly<Partial<Record<'unmet' | 'mistake' | 'proven', unknown>>>;

/**
 * Returns the milliseconds that cases will take: each as long as last time, or as the mean of
 * all where it has never run, and a guest for each file.
 */
export function estimateCases(entries: readonly Estimated[], { jobs, factor }: Pace): number {
  const running = entries.filter(
    ({ unmet, mistake, proven }) =>
      unmet === undefined && mistake === undefined && proven === undefined,
  );
  const guests = new Set(running.map(({ planned: { base, file } }) => `${base} ${file}`)).size;
  const cases = running.reduce(
    (sum, { planned }) => sum + (planned.expected ?? unknownCase * factor),
    0,
  );
  return Math.round((cases + guests * guestTime * factor) / Math.max(1, Math.min(jobs, guests)));
}

/** Takes down how long stages take that are not kept. */
export interface StageClock {
  /** Passes events on. */
  readonly emit: Emit;
  /** Keeps the times for the next estimate. */
  keep(home: LabHome): Promise<void>;
}

/** Returns a clock before an emitter. A build counts as a whole one if make had all files to compile. */
export function createStageClock(emit: Emit): StageClock {
  const times: Record<string, number> = {};
  const whole = new Set<string>();
  const listen = (event: LabEventBody) => {
    if (event.type === 'stage-progress' && event.stage === 'build' && event.total !== undefined)
      whole.add(event.base ?? '');
    if (event.type !== 'stage-ended' || event.cached) return;
    const { stage, base, milliseconds } = event;
    const again = stage === 'build' && !whole.has(base ?? '') ? ' again' : '';
    times[`${base === undefined ? stage : `${stage} ${base}`}${again}`] = milliseconds;
  };
  return {
    emit: (event) => {
      listen(event);
      emit(event);
    },
    keep: (home) => changeFacts(fileIn(home), times),
  };
}

function fileIn(home: LabHome): FactFile<number> {
  return { path: join(home.facts, 'stages.json'), shape: z.record(z.string(), z.number()) };
}
