import type { Base, Image } from '../../kernel/base.ts';
import { chooseBase } from '../../kernel/source/choose.ts';
import type { Rootfs } from '../../rootfs/rootfs.ts';
import { keepHomeSmall } from '../store/cache-keeper.ts';
import { findCaseFiles } from '../suite/case-files.ts';
import type { Listing } from '../suite/listing.ts';
import type { Cli } from '../core/cli-context.ts';
import type { Context } from '../core/context.ts';
import type { BaseReport } from '../core/events.ts';
import { keepDurations } from '../plan/durations.ts';
import { createMachinery } from '../guest/guests.ts';
import { findLabHome } from '../core/home.ts';
import { affordableGuests, findHostShare } from '../core/host-share.ts';
import { findJudge, openProofs } from '../proofs/open-proofs.ts';
import type { RunOptions } from '../plan/options.ts';
import { exitCodeOfRun } from '../results/outcome.ts';
import type { Plan } from '../plan/plan.ts';
import { loadProject } from './load-project.ts';
import { checkCases, preparePlan } from '../plan/prepare-plan.ts';
import { prepare, settleBoth, type Prepared } from './prepare.ts';
import { countVerdicts } from '../results/results-collect.ts';
import { runUntilRed } from '../run/rounds.ts';
import { runSession, type RunEnd } from './run-session.ts';
import { runCases } from '../run/runner.ts';

/**
 * Runs the pipeline from source to verdicts and returns the exit status: 0 green, 1 a red
 * case, 2 what was asked for can't be had, 3 the lab's or the machine's fault.
 */
export async function runLab(options: RunOptions, cli: Cli): Promise<0 | 1 | 2 | 3> {
  const { base, source } = options;
  const choice = await chooseBase({ base, source }, quietContext(cli));
  const names = choice.bases.map(({ name }) => name);
  return runSession({
    options,
    cli,
    bases: names,
    work: async (context, folder) => {
      if (choice.reason !== undefined) context.emit({ type: 'note', text: choice.reason });
      return runBases(choice.bases, options, cli, folder, context);
    },
  });
}

/** Choosing a base comes before there is a run to tell of it. */
function quietContext(cli: Cli): Context {
  const signal = new AbortController().signal;
  return { home: findLabHome(cli.env), emit: () => undefined, signal, scratch: '' };
}

/** Milliseconds after which case files are listed again: they may have been saved meanwhile. */
const listingLasts = 5000;

async function runBases(
  bases: readonly Base[],
  options: RunOptions,
  cli: Cli,
  folder: string,
  context: Context,
): Promise<RunEnd> {
  // Before anything is built: what is loaded now judges, whatever is saved meanwhile.
  const judge = await findJudge(options, cli.root);
  const files = await findCaseFiles(options.files, cli.root);
  const start = performance.now();
  const [listing, prepared] = await settleBoth(
    context,
    () => checkCases(files, bases, options, cli),
    (within) => prepare(bases, options, within),
  );
  const stale = performance.now() - start > listingLasts;
  return runImages(prepared, options, cli, folder, context, judge, stale ? undefined : listing);
}

/** Runs the cases on images that are there, in guests of their own, and returns the verdicts. */
export async function runImages(
  prepared: Prepared,
  options: RunOptions,
  cli: Cli,
  folder: string,
  context: Context,
  judge?: string,
  listing?: Listing,
): Promise<RunEnd> {
  const { rootfs, accelerator, factor, images, failures } = prepared;
  const [failure] = failures;
  for (const image of images) context.emit(baseReady(image, rootfs));

  const files = await findCaseFiles(options.files, cli.root);
  const plan = await preparePlan({ files, images, options, cli, context, listing });
  const { notices, artefacts } = await loadProject(cli.root);
  const guests = { images, rootfs, folder, accelerator, factor, notices };
  const machinery = createMachinery(guests, context);
  const runRound = (part: Pick<Plan, 'entries'>, round?: number) =>
    runCases(part, machinery, context, { ...choices, round });
  const choices = {
    jobs: options.jobs ?? affordableJobs(images),
    isolation: options.isolate ?? 'file',
    deadline: options.deadline,
    factor,
    bail: options.bail || options.untilFail,
    shuffled: options.shuffle !== undefined,
    root: cli.root,
    folder,
    artefacts,
  };
  const proofs = await openProofs({ files, guests, choices, options, cli, judge }, context);
  const entries = await proofs.apply(plan.entries);
  const results = options.untilFail
    ? await runUntilRed({ entries }, runRound)
    : await runRound({ entries });
  await keepDurations(context.home, results);
  await proofs.keep(entries, results);
  await keepHomeSmall(context);
  // One base's failure must not hide the other's verdicts, nor be hidden by them.
  if (failure !== undefined) throw failure;
  const totals = countVerdicts(results.length, results);
  return { totals, exitCode: exitCodeOfRun(results) };
}

function baseReady(image: Image, rootfs: Rootfs) {
  const { config, bzImage, systemMap, vmlinux, buildLog, source } = image;
  const report: BaseReport = {
    base: image.base.name,
    version: source.version,
    sourceId: source.id,
    origin: source.origin,
    series: image.series.patches
      .filter(({ group }) => group === 'cr')
      .map(({ number, subject, file, files }) => ({
        number,
        subject,
        file,
        warnings: image.warnings.filter((warning) => files.includes(warning.file)).length,
      })),
    imageKey: image.key,
    rootfsKey: rootfs.key,
    kernelWarnings: image.warnings.length,
  };
  const files = { config, image: bzImage, systemMap, vmlinux, buildLog };
  return { type: 'base-ready', report, files } as const;
}

function affordableJobs(images: readonly Image[]): number {
  return affordableGuests(
    findHostShare(),
    Math.max(...images.map(({ base }) => base.guest.memory)),
  );
}
