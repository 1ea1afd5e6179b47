import type { Image } from '../../kernel/base.ts';
import type { Context } from '../core/context.ts';
import type { ProjectCli } from '../core/project.ts';
import { isLabError, labError } from '../core/errors.ts';
import { buildPlugin } from '../coverage/plugin.ts';
import { prepareCoverage, type PreparedCoverage } from '../coverage/prepare-coverage.ts';
import { keepReached } from '../coverage/reached.ts';
import { createRecorder, type Recorder } from '../coverage/recorder.ts';
import { bootGuest } from '../guest/boot-guest.ts';
import type { RunOptions } from '../plan/options.ts';
import type { Prepared } from './prepare.ts';
import { runImages } from './run-images.ts';
import { runPrepared } from './run-prepared.ts';
import type { Run, RunEnd } from './run-session.ts';

/** What is called a case though it is none: cases get guests that have booted before. */
const bootId = 'boot';

/**
 * Runs cases like runLab(), and counts meanwhile what they execute of the files that match one
 * of the patterns; without any, of the lines that the series wrote. Returns the exit status.
 */
export async function runCoverage(
  options: RunOptions,
  patterns: readonly string[],
  cli: ProjectCli,
): Promise<0 | 1 | 2 | 3> {
  if (options.accel === 'kvm') throw needsTcg();
  if (options.given !== undefined) throw needsBase();
  // What has been proven has run without being counted.
  const covered: RunOptions = { ...options, accel: 'tcg', fresh: true };
  return runPrepared({
    ...{ options: covered, cli, kind: 'coverage' },
    work: (prepared, run) => runCovered(prepared, patterns, run),
  });
}

async function runCovered(
  prepared: Prepared,
  patterns: readonly string[],
  run: Run,
): Promise<RunEnd> {
  const { context, folder } = run;
  const plugin = await buildPlugin(context);
  const bases = new Map<string, PreparedCoverage>();
  const keys = new Map(prepared.images.map(({ base, key }) => [base.name, key]));
  for (const image of prepared.images)
    bases.set(image.base.name, await prepareCoverage(image, plugin, patterns, context));
  const recorder = createRecorder(bases, (text) => context.emit({ type: 'warning', text }));
  for (const image of prepared.images) await coverBoot(image, prepared, recorder, folder, context);
  try {
    return await runImages(prepared, run, { coverage: recorder });
  } finally {
    if (!context.signal.aborted)
      for (const [base, each] of bases) {
        const recorded = recorder.recorded(base);
        const coverage = await each.summarize(recorded);
        // Of other files' functions it would know too few.
        if (patterns.length === 0) {
          await each.keepTouched(recorded, context.home);
          await keepReached(coverage, keys.get(base) ?? '', context.home);
        }
        context.emit({ type: 'coverage', coverage });
      }
  }
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

function needsTcg(): Error {
  return labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: 'reading the command line',
    what: '--accel kvm: a processor does not tell what it runs, only emulation does',
    next: 'Leave --accel out: coverage runs with TCG.',
  });
}
