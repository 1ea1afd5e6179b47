import type { Base } from '../../kernel/base.ts';
import { chooseBase } from '../../kernel/source/choose.ts';
import type { Context } from '../core/context.ts';
import type { ProjectCli } from '../core/project.ts';
import { findLabHome } from '../core/home.ts';
import { estimateCases, estimateStages } from '../plan/estimate.ts';
import type { RunOptions } from '../plan/options.ts';
import { checkCases } from '../plan/prepare-plan.ts';
import { findJudge } from '../proofs/open-proofs.ts';
import { findCaseFiles } from '../suite/list-cases.ts';
import { prepare, settleBoth } from './prepare.ts';
import { compareWithBare, makeBare, recordCases } from './against.ts';
import { affordableJobs, runImages } from './run-images.ts';
import { runSession, type Run, type RunEnd } from './run-session.ts';
import type { EstimatedStep } from '../core/events.ts';
import { readDurations } from '../plan/durations.ts';
import { buildPlan } from '../plan/plan.ts';
import type { Listing } from '../suite/listing.ts';

/**
 * Runs the pipeline from source to verdicts and returns the exit status: 0 green, 1 a red
 * case, 2 what was asked for can't be had, 3 the lab's or the machine's fault.
 */
export async function runLab(options: RunOptions, cli: ProjectCli): Promise<0 | 1 | 2 | 3> {
  const { given } = options;
  if (given !== undefined)
    return (await import('./given-run.ts')).runGiven({ ...options, given }, cli);
  const choice = await chooseBase(options, quietContext(cli), cli.project.bases);
  const names = choice.bases.map(({ name }) => name);
  return runSession({
    options,
    cli,
    bases: names,
    work: async (run) => {
      if (choice.reason !== undefined) run.context.emit({ type: 'note', text: choice.reason });
      return runBases(choice.bases, run);
    },
  });
}

/** Choosing a base comes before there is a run to tell of it. */
export function quietContext(cli: ProjectCli): Context {
  const signal = new AbortController().signal;
  return { home: findLabHome(cli.env), emit: () => undefined, signal, scratch: '' };
}

/** Milliseconds after which case files are listed again: they may have been saved meanwhile. */
const listingLasts = 5000;

async function runBases(bases: readonly Base[], run: Run): Promise<RunEnd> {
  const { options, cli, context } = run;
  // Before anything is built: what is loaded now judges, whatever is saved meanwhile.
  const judge = await findJudge(options, cli.project);
  const files = await findCaseFiles(options.files, cli.project);
  const start = performance.now();
  const [listing, prepared] = await settleBoth(
    context,
    async (within) => {
      const steps = estimateStages(bases, options, within);
      // What is wrong with a case file is told first.
      steps.catch(() => undefined);
      const found = await checkCases(files, bases, options, cli);
      await tellEstimate(await steps, bases, found, options, within);
      return found;
    },
    (within) => prepare(bases, { ...options, ...partsOf(cli.project) }, within),
  );
  const stale = performance.now() - start > listingLasts;
  const known = { judge, listing: stale ? undefined : listing };
  if (options.against === undefined) return runImages(prepared, run, known);
  const patched = recordCases(context);
  const end = await runImages(prepared, { ...run, context: patched.context }, known);
  for (const image of prepared.images) {
    const bare = await makeBare(image, options, context);
    const results = patched.results.filter(({ base }) => base === image.base.name);
    await compareWithBare({ image, bare, results }, prepared, run);
  }
  return end;
}

/** Returns what a project adds to its guests. */
export function partsOf({
  programs,
  selftests,
}: ProjectCli['project']): Pick<ProjectCli['project'], 'programs' | 'selftests'> {
  return { programs, selftests };
}

/**
 * Says what a run has to do and about how long that takes here; nothing where no stage has
 * anything to do, since the cases' own time is told when they are planned.
 */
async function tellEstimate(
  steps: readonly EstimatedStep[],
  bases: readonly Base[],
  listing: Listing,
  options: RunOptions,
  context: Context,
): Promise<void> {
  if (steps.length === 0) return;
  const { grep, shard, jobs } = options;
  const durations = await readDurations(context.home);
  const offers = bases.map(({ name }) => ({ name, applied: [] }));
  const plan = buildPlan({ listing, files: [], bases: offers, grep, shard, ci: false, durations });
  const pace = { jobs: jobs ?? affordableJobs(bases), factor: 1 };
  // What a case needs is known of a series only: all count.
  const entries = plan.entries.map(({ planned, mistake }) => ({ planned, mistake }));
  const cases = { count: entries.length, milliseconds: estimateCases(entries, pace) };
  context.emit({ type: 'estimated', steps, cases });
}
