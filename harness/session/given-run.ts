import { chosenFragments } from '../../kernel/build/fragments.ts';
import type { Image, Patch, Series } from '../../kernel/base.ts';
import { commitSeries } from '../../kernel/tree/apply.ts';
import { makeImage } from '../../kernel/image.ts';
import { findFirstFailing } from '../../kernel/series/first-failing.ts';
import { isCounted, nameOfPatch, readSeries } from '../../kernel/series/series.ts';
import { openGiven, type GivenProject } from '../../kernel/given.ts';
import { acquireSource } from '../../kernel/source/source.ts';
import { withTree } from '../../kernel/tree/tree-lock.ts';
import type { Context } from '../core/context.ts';
import type { ProjectCli } from '../core/project.ts';
import { isLabError, labError, reportOf, type LabError } from '../core/errors.ts';
import type { CaseResult, PlannedCase, Totals } from '../core/events.ts';
import { findLabHome } from '../core/home.ts';
import { compareWithBare, recordCases } from './against.ts';
import { baseReady, runImages } from './run-images.ts';
import type { RunOptions } from '../plan/options.ts';
import { checkCases } from '../plan/prepare-plan.ts';
import { findCaseFiles } from '../suite/list-cases.ts';
import { exitCodeOfRun } from '../results/outcome.ts';
import { lookAround, makeSelftests, prepareGuests, type GuestParts } from './prepare.ts';
import { countVerdicts } from '../results/results-collect.ts';
import { runSession, type Run, type RunEnd } from './run-session.ts';
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
  cli: ProjectCli,
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
      work: (run) => prove(project, run),
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

/** A target with its two cases. */
interface Check {
  readonly target: Target;
  readonly build: PlannedCase;
  readonly boot: PlannedCase;
}

async function prove(project: GivenProject, run: Run): Promise<RunEnd> {
  const { options, cli, context } = run;
  const { base, from, patchesFolder, title, notes } = project;
  for (const text of [title, ...notes]) context.emit({ type: 'note', text });
  await lookAround([base], context);
  // What is wrong with the cases that were named is told before anything is built.
  if (options.files.length > 0)
    await checkCases(await findCaseFiles(options.files, cli.project), [base], options, cli);
  const series = await blamingTheCaller(() => readSeries(base, undefined, patchesFolder));
  const source = await acquireSource(base, { from }, context);
  // So is a patch that does not apply.
  await blamingTheCaller(() =>
    withTree(base, context, () => commitSeries(source, series, context)),
  );
  const checks = planChecks(series.patches.filter(isCounted), base.name, options.each === true);
  const cases = checks.flatMap(({ build, boot }) => [build, boot]);
  context.emit({ type: 'cases-planned', cases });

  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const { programs, selftests: targets } = cli.project;
  // Only cases run them.
  const selftests = await makeSelftests(
    options.files.length === 0 ? undefined : base,
    { targets, source: from, upto: undefined, patchesFolder },
    context,
  );
  const guests = prepareGuests(
    [base],
    { accel: options.accel, programs, selftests },
    { ...context, signal },
  );
  // Its failure is told where it is waited for.
  guests.catch(() => undefined);
  try {
    const { results, tip } = await runChecks(checks, project, series, guests, run);
    const own = {
      totals: countVerdicts(results.length, results),
      exitCode: exitCodeOfRun(results),
    };
    if (options.files.length === 0) return own;
    if (tip === undefined) {
      context.emit({ type: 'warning', text: 'No case was run: the whole series was not built.' });
      return own;
    }
    const parts = await guests;
    const prepared = { ...parts, images: [tip], failures: [] };
    const patched = recordCases(context);
    const end = await runImages(prepared, { ...run, context: patched.context });
    if (options.against !== undefined) {
      const made = await buildOrExplain(project, 0, options, context, String);
      if ('culprit' in made) throw made.error;
      const kernels = { image: tip, bare: made.image, results: patched.results };
      await compareWithBare(kernels, parts, run);
    }
    return bothOf(own, end);
  } finally {
    stop.abort(new Error('the series needs no guest any more'));
    await guests.catch(() => undefined);
  }
}

function planChecks(patches: readonly Patch[], base: string, each: boolean): readonly Check[] {
  const last = patches.length;
  const whole = last === 1 ? nameOfPatch(at(patches, 1)) : `all ${last} patches`;
  const targets = each
    ? patches.map((patch) => ({ upto: patch.number, name: nameOfPatch(patch) }))
    : [{ upto: last, name: whole }];
  return targets.map((target) => ({
    target,
    build: planned(target.name, tests.build, base),
    boot: planned(target.name, tests.boot, base),
  }));
}

/** Builds and boots each target, telling what it came to, and returns the whole series' image. */
async function runChecks(
  checks: readonly Check[],
  project: GivenProject,
  series: Series,
  guests: Promise<GuestParts>,
  { options, folder, context }: Run,
): Promise<{ readonly results: readonly CaseResult[]; readonly tip: Image | undefined }> {
  const { name: base } = project.base;
  const patches = series.patches.filter(isCounted);
  const results: CaseResult[] = [];
  const record = (entry: PlannedCase, end: CheckEnd, start: number): void => {
    const { id, file, suite, test } = entry;
    const milliseconds = performance.now() - start;
    const command = { shim: [], rerun: options.command };
    const result: CaseResult = { id, base, file, suite, test, milliseconds, ...command, ...end };
    results.push(result);
    context.emit({ type: 'case-ended', result });
  };
  const known = new Set<string>();
  let tip: Image | undefined;
  for (const { target, build, boot } of checks) {
    const guest = `${base}-${String(target.upto).padStart(4, '0')}`;
    let start = performance.now();
    context.emit({ type: 'case-started', id: build.id, base, guest });
    const made = await buildOrExplain(project, target.upto, options, context, (number) =>
      nameOfPatch(at(patches, number)),
    );
    if ('culprit' in made) {
      record(build, judgeFailedBuild(made.error, made.culprit), start);
      record(
        boot,
        { verdict: 'skip', reason: 'it was not built', findings: [], console: [] },
        start,
      );
      continue;
    }
    const { image } = made;
    const parts = await guests;
    if (target.upto === patches.length) {
      tip = image;
      // Cases tell it themselves.
      if (options.files.length === 0) context.emit(baseReady(image, parts.userSpaces));
    }
    record(build, await judgeBuild(image, known, context), start);
    start = performance.now();
    context.emit({ type: 'case-started', id: boot.id, base, guest });
    const machine = { ...parts, images: [image], folder };
    record(boot, await checkBoot(image, guest, machine, context), start);
  }
  return { results, tip };
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
    const fragments = chosenFragments(base, options.debug);
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
