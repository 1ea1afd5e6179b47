import type { Base, Image } from '../../kernel/base.ts';
import { isCounted } from '../../kernel/series/series.ts';
import { userSpaceOf, type UserSpaces } from '../../rootfs/rootfs.ts';
import type { BaseReport } from '../core/events.ts';
import { affordableGuests, findHostShare } from '../core/host-share.ts';
import type { Recorder } from '../coverage/recorder.ts';
import { createMachinery } from '../guest/guests.ts';
import { keepPassed, markAffected, onlyAffected } from '../plan/affected.ts';
import { keepDurations } from '../plan/durations.ts';
import type { Plan } from '../plan/plan.ts';
import { preparePlan } from '../plan/prepare-plan.ts';
import { openProofs } from '../proofs/open-proofs.ts';
import { exitCodeOfRun } from '../results/outcome.ts';
import { countVerdicts } from '../results/results-collect.ts';
import { runUntilRed } from '../run/rounds.ts';
import { runCases } from '../run/runner.ts';
import { keepHomeSmall } from '../store/cache-prune.ts';
import { findCaseFiles } from '../suite/list-cases.ts';
import type { Listing } from '../suite/listing.ts';
import type { Prepared } from './prepare.ts';
import type { Run, RunEnd } from './run-session.ts';

/** What a run knows before its images are there, and what looks on. */
export interface Knowledge {
  /** The key of the lab's own code when the run began; see findJudge(). */
  readonly judge?: string | undefined;
  /** What the case files declare. */
  readonly listing?: Listing | undefined;
  readonly coverage?: Recorder;
}

/** Runs the cases on images that are there, in guests of their own, and returns the verdicts. */
export async function runImages(
  prepared: Prepared,
  { options, cli, context, folder }: Run,
  { judge, listing, coverage }: Knowledge = {},
): Promise<RunEnd> {
  const { userSpaces, accelerator, factor, images, failures } = prepared;
  const [failure] = failures;
  for (const image of images) context.emit(baseReady(image, userSpaces));

  const files = await findCaseFiles(options.files, cli.project);
  const { notices, artefacts, calls, headline } = cli.project;
  const plan = await preparePlan({ files, images, options, cli, context, headline, listing });
  const plugins = coverage?.plugins;
  const guests = { images, userSpaces, folder, accelerator, factor, notices, plugins };
  const machinery = createMachinery(guests, context);
  const runRound = (part: Pick<Plan, 'entries'>, round?: number) =>
    runCases(part, machinery, context, { ...choices, round });
  const choices = {
    jobs: options.jobs ?? affordableJobs(images.map(({ base }) => base)),
    isolation: options.isolate ?? 'file',
    deadline: options.deadline,
    factor,
    bail: options.bail || options.untilFail,
    shuffled: options.shuffle !== undefined,
    root: cli.root,
    folder,
    artefacts,
    calls,
    coverage,
  };
  const proofs = await openProofs({ files, guests, choices, options, cli, judge }, context);
  const marked = await markAffected(plan.entries, images, context.home);
  const chosen = options.affected ? onlyAffected(marked, context) : marked;
  const entries = await proofs.apply(chosen);
  const results = options.untilFail
    ? await runUntilRed({ entries }, runRound)
    : await runRound({ entries });
  // What the kernel without the series came to is no measure of the one with it.
  if (options.bare !== true) {
    await keepDurations(context.home, results);
    await keepPassed(results, images, context.home);
    await proofs.keep(entries, results);
  }
  await keepHomeSmall(context);
  // One base's failure must not hide the other's verdicts, nor be hidden by them.
  if (failure !== undefined) throw failure;
  const totals = countVerdicts(results.length, results);
  return { totals, exitCode: exitCodeOfRun(results) };
}

/** Returns the event that tells what a base's guests are made of. */
export function baseReady(image: Image, userSpaces: UserSpaces) {
  const { config, kernel, systemMap, vmlinux, buildLog, source } = image;
  const report: BaseReport = {
    base: image.base.name,
    version: source.version,
    sourceId: source.id,
    origin: source.origin,
    series: image.series.patches.filter(isCounted).map(({ number, subject, file, files }) => ({
      number,
      subject,
      file,
      warnings: image.warnings.filter((warning) => files.includes(warning.file)).length,
    })),
    compiler: image.compiler,
    imageKey: image.key,
    rootfsKey: userSpaceOf(image.base, userSpaces).key,
    kernelWarnings: image.warnings.length,
  };
  const files = { config, image: kernel, systemMap, vmlinux, buildLog };
  return { type: 'base-ready', report, files } as const;
}

/** Returns how many guests of these bases the machine carries at once. */
export function affordableJobs(bases: readonly Base[]): number {
  return affordableGuests(findHostShare(), Math.max(...bases.map(({ guest }) => guest.memory)));
}
