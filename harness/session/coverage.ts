import type { Image } from '../../kernel/base.ts';
import type { Context } from '../core/context.ts';
import type { Coverage, Unreached } from '../core/coverage.ts';
import type { ProjectCli } from '../core/project.ts';
import { isLabError, labError } from '../core/errors.ts';
import { count } from '../core/text.ts';
import { buildPlugin } from '../coverage/plugin.ts';
import { prepareCoverage, type PreparedCoverage } from '../coverage/prepare-coverage.ts';
import { countUnexplained, explain } from '../coverage/reasons.ts';
import { keepReached } from '../coverage/reached.ts';
import { createRecorder, type Recorder } from '../coverage/recorder.ts';
import { bootGuest } from '../guest/boot-guest.ts';
import type { RunOptions } from '../plan/options.ts';
import type { Prepared } from './prepare.ts';
import { runImages } from './run-images.ts';
import { runPrepared } from './run-prepared.ts';
import type { Run, RunEnd } from './run-session.ts';
import { readUnreached } from './unreached-file.ts';

/** What is called a case though it is none: cases get guests that have booted before. */
const bootId = 'boot';

/** What is asked of a coverage. */
export interface CoverageChoice {
  /** Files instead of the lines that the series wrote. */
  readonly patterns: readonly string[];
  /** Whether a line that no case runs must have a reason. */
  readonly strict: boolean;
}

/**
 * Runs cases like runLab(), and counts meanwhile what they execute of the files that match one
 * of the patterns; without any, of the lines that the series wrote. Returns the exit status, with
 * `strict` 1 where a line is neither run nor on the project's list, or a row of that is wrong.
 */
export async function runCoverage(
  options: RunOptions,
  choice: CoverageChoice,
  cli: ProjectCli,
): Promise<0 | 1 | 2 | 3> {
  if (options.accel === 'kvm') throw needsTcg();
  if (options.given !== undefined) throw needsBase();
  if (choice.strict && !asksForAll(options, choice)) throw needsAll();
  const rows = await readUnreached(cli.project);
  // What has been proven has run without being counted.
  const covered: RunOptions = { ...options, accel: 'tcg', fresh: true };
  return runPrepared({
    ...{ options: covered, cli, kind: 'coverage' },
    work: (prepared, run) => runCovered(prepared, choice, rows, run),
  });
}

/** Whether it is a run of all cases on the whole series, after which a line can be called unreached. */
function asksForAll(
  { files, grep, shard, upto, affected, debug }: RunOptions,
  { patterns }: CoverageChoice,
): boolean {
  return (
    files.length === 0 &&
    patterns.length === 0 &&
    [grep, shard, upto].every((each) => each === undefined) &&
    !affected &&
    debug
  );
}

async function runCovered(
  prepared: Prepared,
  choice: CoverageChoice,
  rows: readonly Unreached[],
  run: Run,
): Promise<RunEnd> {
  const { patterns } = choice;
  const { context, folder } = run;
  const plugin = await buildPlugin(context);
  const bases = new Map<string, PreparedCoverage>();
  const keys = new Map(prepared.images.map(({ base, key }) => [base.name, key]));
  for (const image of prepared.images)
    bases.set(image.base.name, await prepareCoverage(image, plugin, patterns, context));
  const recorder = createRecorder(bases, (text) => context.emit({ type: 'warning', text }));
  for (const image of prepared.images) await coverBoot(image, prepared, recorder, folder, context);
  const coverages: Coverage[] = [];
  let end: RunEnd | undefined;
  try {
    end = await runImages(prepared, run, { coverage: recorder });
  } finally {
    const isWhole = end?.totals['not-run'] === 0 && asksForAll(run.options, choice);
    if (!context.signal.aborted)
      for (const [base, each] of bases) {
        const recorded = recorder.recorded(base);
        const coverage = explain(await each.summarize(recorded), rows, isWhole);
        coverages.push(coverage);
        // Of other files' functions it would know too few.
        if (patterns.length === 0) {
          await each.keepTouched(recorded, context.home);
          await keepReached(coverage, keys.get(base) ?? '', context.home);
        }
        context.emit({ type: 'coverage', coverage });
      }
  }
  return choice.strict ? judge(end, coverages, context) : end;
}

/** A green run is red where a line has neither a case nor a reason, or a reason is wrong. */
function judge(end: RunEnd, coverages: readonly Coverage[], { emit }: Context): RunEnd {
  const wrong = coverages.flatMap(({ base, totals, stale }) => {
    const left = countUnexplained(totals);
    return left + stale.length === 0
      ? []
      : [
          `--strict: of ${base} ${count(left, 'line')} without a case or a reason, and ${count(stale.length, 'reason')} wrong by now`,
        ];
  });
  for (const text of wrong) emit({ type: 'warning', text });
  return wrong.length === 0 || end.exitCode !== 0 ? end : { ...end, exitCode: 1 };
}

/** Boots a guest for what only a boot runs. One that fails is the cases' matter, who tell why. */
async function coverBoot(
  image: Image,
  { userSpaces, accelerator, factor }: Prepared,
  recorder: Recorder,
  folder: string,
  context: Context,
): Promise<void> {
  const base = image.base.name;
  const name = `${base}-boot`;
  const { plugins } = recorder;
  const guests = { images: [image], userSpaces, accelerator, factor, folder, plugins };
  await recorder.enter({ name, base }, bootId);
  try {
    const running = await bootGuest(image, name, guests, context);
    const { coverage } = running;
    await recorder.leave({ name, base, ...(coverage === undefined ? {} : { coverage }) });
    await running.kill();
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isLabError(error)) throw error;
    context.emit({ type: 'warning', text: `what a boot runs is not covered: ${error.message}` });
  }
}

function needsBase(): Error {
  return labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: 'reading the command line',
    what: 'coverage knows the bases and their series only, not a kernel or series from elsewhere',
    next: 'Name a base with --base.',
  });
}

function needsAll(): Error {
  return labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: 'reading the command line',
    what: '--strict: only a run of all cases on the whole series tells which lines none runs',
    next: 'Leave out what chooses cases, files or patches, and --no-debug.',
  });
}

function needsTcg(): Error {
  return labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: 'reading the command line',
    what: '--accel kvm: a processor does not tell what it runs, only emulation does',
    next: 'Leave --accel out: coverage runs with TCG.',
  });
}
