import type { Image } from '../../kernel/base.ts';
import { commitSeries } from '../../kernel/tree/apply.ts';
import { makeImage } from '../../kernel/image.ts';
import { findFirstFailing } from '../../kernel/series/first-failing.ts';
import { isCounted, nameOfPatch, readSeries } from '../../kernel/series/series.ts';
import { openGiven, type GivenProject } from '../../kernel/given.ts';
import { acquireSource } from '../../kernel/source/source.ts';
import { withTree } from '../../kernel/tree/tree-lock.ts';
import type { Cli } from '../core/cli-context.ts';
import type { Context } from '../core/context.ts';
import { isLabError, labError, reportOf, type LabError } from '../core/errors.ts';
import type { CaseResult, PlannedCase, Totals } from '../core/events.ts';
import { findLabHome } from '../core/home.ts';
import { baseReady, runImages } from './run-images.ts';
import type { RunOptions } from '../plan/options.ts';
import { exitCodeOfRun } from '../results/outcome.ts';
import { prepareGuests, type GuestParts } from './prepare.ts';
import { countVerdicts } from '../results/results-collect.ts';
import { runSession, type RunEnd } from './run-session.ts';
import { makeScratch } from '../core/scratch.ts';
import { checkBoot, judgeBuild, judgeFailedBuild, type CheckEnd } from './series-checks.ts';

/**
 * Proves a series that the user has given and returns the exit status: its tip, or with --each
 * every patch of it, builds without warnings in its lines, boots, says nothing bad and powers
 * off; then come the case files that were named. 1 for a patch that does not, 2 for one that
 * does not apply.
 */
export async function runGiven(
  options: RunOptions & Required<Pick<RunOptions, 'given'>>,
  cli: Cli,
): Promise<0 | 1 | 2 | 3> {
  const scratch = await makeScratch();
  const silent: Context = {
    home: findLabHome(cli.env),
    emit: () => undefined,
    signal: new AbortController().signal,
    scratch: scratch.path,
  };
  try {
    const project = await blamingTheCaller(() => openGiven(options.given, silent));
    return await runSession({
      options,
      cli,
      bases: [project.base.name],
      work: (context, folder) => prove(project, options, cli, folder, context),
    });
  } finally {
    await scratch.remove();
  }
}

/** What is wrong with a user's own patches is no fault of the lab: exit 2. */
async function blamingTheCaller<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLabError(error) || !['patch', 'config'].includes(error.fault)) throw error;
    if (error.code === 'config-failed' || error.code === 'tree-has-work') throw error;
    const { files, cause } = error;
    throw labError({
      ...reportOf(error),
      code: error.code,
      fault: 'usage',
      ...(error.code === 'patch-does-not-apply'
        ? { next: 'Rebase the series, or name the commit that it applies to.' }
        : {}),
      ...(files === undefined ? {} : { files }),
      cause,
    });
  }
}

/** A prefix of the series that is to be proven. */
interface Target {
  /** Number of its last patch. */
  readonly upto: number;
  /** `0003 mm: do less`, or how many patches the whole series has. */
  readonly name: string;
}

const tests = {
  build: 'builds without a warning in its lines',
  boot: 'boots, says nothing bad, powers off',
} as const;

async function prove(
  project: GivenProject,
  options: RunOptions,
  cli: Cli,
  folder: string,
  context: Context,
): Promise<RunEnd> {
  const { base, from, patchesFolder, title, notes } = project;
  for (const text of [title, ...notes]) context.emit({ type: 'note', text });
  const series = await blamingTheCaller(() => readSeries(base, undefined, patchesFolder));
  const source = await acquireSource(base, { from }, context);
  // A patch that does not apply is told before anything is built.
  await blamingTheCaller(() =>
    withTree(base, context, () => commitSeries(source, series, context)),
  );
  const patches = series.patches.filter(isCounted);
  const last = patches.length;
  const whole = {
    upto: last,
    name: last === 1 ? nameOfPatch(at(patches, 1)) : `all ${last} patches`,
  };
  const targets: readonly Target[] =
    options.each === true
      ? patches.map((patch) => ({ upto: patch.number, name: nameOfPatch(patch) }))
      : [whole];
  const nameOf = (number: number): string => nameOfPatch(at(patches, number));
  const entries = targets.map((target) => ({
    target,
    build: planned(target.name, tests.build, base.name),
    boot: planned(target.name, tests.boot, base.name),
  }));
  context.emit({
    type: 'cases-planned',
    cases: entries.flatMap(({ build, boot }) => [build, boot]),
  });
  const results: CaseResult[] = [];
  const record = (entry: PlannedCase, end: CheckEnd, milliseconds: number): void => {
    const { id, file, suite, test } = entry;
    const result: CaseResult = {
      id,
      base: base.name,
      file,
      suite,
      test,
      milliseconds,
      shim: [],
      rerun: options.command,
      ...end,
    };
    results.push(result);
    context.emit({ type: 'case-ended', result });
  };
  const guests = prepareGuests([base], options, context);
  // Its failure is told where it is waited for.
  guests.catch(() => undefined);
  let tip: Image | undefined;
  for (const { target, build, boot } of entries) {
    const start = performance.now();
    const guest = `${base.name}-${String(target.upto).padStart(4, '0')}`;
    context.emit({ type: 'case-started', id: build.id, base: base.name, guest });
    const made = await buildOrExplain(project, target.upto, options, context, nameOf);
    const built = performance.now();
    if ('culprit' in made) {
      record(build, judgeFailedBuild(made.error, made.culprit), built - start);
      record(boot, { verdict: 'skip', reason: 'it was not built', findings: [], console: [] }, 0);
      continue;
    }
    const parts = await guests;
    if (target.upto === last) {
      tip = made.image;
      context.emit(baseReady(made.image, parts.rootfs));
    }
    record(build, await judgeBuild(made.image, context), built - start);
    context.emit({ type: 'case-started', id: boot.id, base: base.name, guest });
    const began = performance.now();
    const end = await checkBoot(
      made.image,
      guest,
      guestOptions(made.image, parts, folder),
      context,
    );
    record(boot, end, performance.now() - began);
  }
  const parts = await guests;
  const own = { totals: countVerdicts(results.length, results), exitCode: exitCodeOfRun(results) };
  if (options.files.length === 0) return own;
  if (tip === undefined) {
    context.emit({ type: 'warning', text: 'No case was run: the whole series was not built.' });
    return own;
  }
  const prepared = { ...parts, images: [tip], failures: [] };
  return bothOf(own, await runImages(prepared, options, cli, folder, context));
}

function guestOptions(image: Image, parts: GuestParts, folder: string) {
  return { ...parts, images: [image], folder };
}

function planned(suite: string, test: string, base: string): PlannedCase {
  return { id: `series > ${suite} > ${test}`, base, file: 'series', suite, test };
}

type Made =
  | { readonly image: Image }
  /** The first patch that does not build, and why. */
  | { readonly culprit: string; readonly error: LabError };

/**
 * Builds a prefix of the series. Where that fails, the first patch is looked for that does not
 * build. Throws what is no patch's doing: a base that does not build without any.
 */
async function buildOrExplain(
  project: GivenProject,
  upto: number,
  options: Pick<RunOptions, 'debug'>,
  context: Context,
  nameOf: (number: number) => string,
): Promise<Made> {
  const tell = (text: string): void => context.emit({ type: 'note', text });
  const build = (number: number): Promise<Image> => {
    const { base, from, patchesFolder, configFolder } = project;
    const fragments = base.config.fragments.filter((name) => options.debug || name !== 'debug');
    return blamingTheCaller(() =>
      makeImage(
        { base, source: from, upto: number, fragments, patchesFolder, configFolder },
        context,
      ),
    );
  };
  const found = await findFirstFailing(upto, build, {
    isFailure: (error): error is LabError =>
      isLabError(error) && ['build-failed', 'config-failed'].includes(error.code),
    trying: (number) =>
      tell(
        `Looking for the first patch that does not build: trying ${number === 0 ? 'the base alone' : nameOf(number)}`,
      ),
  });
  if ('value' in found) return { image: found.value };
  if (found.number === 0) throw baseFailed(found.error);
  return { culprit: nameOf(found.number), error: found.error };
}

function baseFailed(error: LabError): LabError {
  return labError({
    ...reportOf(error),
    code: 'base-does-not-build',
    fault: 'build',
    what: `without any patch of the series: ${error.what}`,
    next: 'The series is not judged. See what this base needs of compiler and configuration: --config adds to it.',
  });
}

function at<T>(items: readonly T[], number: number): T {
  const item = items[number - 1];
  if (item === undefined) throw new Error(`there is no patch ${number}`);
  return item;
}

function bothOf(a: RunEnd, b: RunEnd): RunEnd {
  const sum = (name: keyof Totals): number => a.totals[name] + b.totals[name];
  const codes = [a.exitCode, b.exitCode];
  const exitCode = codes.includes(1) ? 1 : codes.includes(3) ? 3 : codes.includes(2) ? 2 : 0;
  return {
    totals: {
      planned: sum('planned'),
      pass: sum('pass'),
      fail: sum('fail'),
      known: sum('known'),
      skip: sum('skip'),
      error: sum('error'),
      'not-run': sum('not-run'),
    },
    exitCode,
  };
}
