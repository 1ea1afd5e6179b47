import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { quote, resolvePath, startsAs } from '../core/cli-context.ts';
import { defined } from '../core/defined.ts';
import { findProjectFolder, projectFile } from '../core/places.ts';
import { resultsFolder, type ProjectCli } from '../core/project.ts';
import { labError } from '../core/errors.ts';
import type { RunOptions } from '../plan/options.ts';
import { findShard, parseShard, type Shard } from '../plan/shard.ts';
import type { Isolation } from '../plan/options.ts';
import { expression, seconds, wholeNumber } from './parse.ts';
import { withBuildOptions, withPatchOptions, withSanitizerOption } from './patch-options.ts';
import { toGiven, withSeriesOptions, type TypedSeries } from './given-options.ts';

/** What commander makes of the command line of a run. */
export interface Typed extends TypedSeries {
  readonly grep?: RegExp;
  readonly against?: 'base';
  readonly accel?: 'kvm' | 'tcg';
  readonly jobs?: number;
  readonly isolate?: Isolation;
  readonly reuse?: true;
  readonly repeat: number;
  readonly untilFail?: true;
  readonly shard?: string | true;
  readonly shuffle?: string | true;
  readonly bail?: true;
  readonly deadline?: number;
  readonly affected?: true;
  readonly fresh?: true;
  readonly debug: boolean;
  readonly json?: true;
  readonly results?: string;
}

/** Runs the lab; returns the exit status. */
export type RunLab = (options: RunOptions, cli: ProjectCli) => Promise<0 | 1 | 2 | 3>;

/** Adds `lab run`. */
export function addRunCommand(program: Command, cli: ProjectCli, run: RunLab): void {
  withRunOptions(program.command('run'))
    .description('build the kernel, boot it and run the cases (the default)')
    .action(async (files: readonly string[], typed: Typed) => {
      cli.status = await run(toRunOptions(files, typed, cli), cli);
    });
}

/** Adds what a run takes: case files and options. */
export function withRunOptions(command: Command): Command {
  const chosen = command
    .argument('[files...]', 'case files; all of them by default')
    .option('--grep <expression>', 'only cases whose file, suite or name matches', expression)
    .option('--base <name>', "the kernel: one of the project's (v2.6.30, v6.1), or all")
    .option('--source <path>', "the base's source: a folder, a git repository, an archive");
  return withSanitizerOption(withSeriesOptions(withPatchOptions(withBuildOptions(chosen))))
    .addOption(
      new Option(
        '--against <kernel>',
        'run the cases on the kernel without the series as well, and say what it changes',
      ).choices(['base']),
    )
    .addOption(
      new Option('--accel <name>', 'use this accelerator, without trying').choices(['kvm', 'tcg']),
    )
    .option(
      '--jobs <n>',
      'guests at once; by default as many as processors and memory allow, with --reuse one',
      wholeNumber(1),
    )
    .addOption(
      new Option('--isolate <what>', 'what gets a guest of its own').choices([
        'none',
        'file',
        'case',
      ]),
    )
    .option('--reuse', 'one guest for all: the same as --isolate none')
    .option('--repeat <n>', 'run each case that many times', wholeNumber(1), 1)
    .option('--until-fail', 'run the cases again and again until one is red, 1000 times at most')
    .option('--shard [i/n]', 'only one part of n; without a value, what the scheduler says')
    .option('--shuffle [seed]', 'another order, the same for the same seed')
    .option('--bail', 'stop at the first red case')
    .option('--deadline <seconds>', 'how long a case may take, unless it asks for more', seconds)
    .option(
      '--affected',
      'run only cases that a change since they passed can touch (see `lab coverage`)',
    )
    .option('--fresh', 'run all cases, also where nothing has changed since they passed')
    .option('--no-debug', 'leave out what finds bugs: lockdep, slub debug, …')
    .option('--json', 'print the results as JSON on the standard output')
    .option('--results <folder>', 'where run folders go');
}

/** Returns the checked options of a run. Throws a `usage` error. */
export function toRunOptions(files: readonly string[], typed: Typed, cli: ProjectCli): RunOptions {
  const isolate = chooseIsolation(typed);
  const given = toGiven(typed, cli);
  if (given !== undefined && typed.against !== undefined && files.length === 0)
    throw labError({
      code: 'options-contradict',
      fault: 'usage',
      doing: 'reading the command line',
      what: '--against compares what cases come to, and none is named',
      next: 'Name case files.',
    });
  return {
    ...(given === undefined ? {} : { given, each: typed.each ?? false }),
    files: files.map((file) => findCaseFile(file, cli)),
    grep: typed.grep,
    base: typed.base,
    source: typed.source === undefined ? undefined : resolvePath(cli, typed.source),
    compiler: typed.compiler,
    ...defined({ sanitizers: typed.with }),
    architecture: typed.arch,
    upto: typed.upto,
    // Of a clone, it is part of the series that was named.
    tree: given === undefined && typed.tree === true,
    ...defined({ against: typed.against }),
    accel: typed.accel,
    // One guest for all is one guest.
    jobs: typed.jobs ?? (isolate === 'none' ? 1 : undefined),
    isolate,
    repeat: typed.repeat,
    untilFail: typed.untilFail ?? false,
    shard: chooseShard(typed.shard, cli.env),
    shuffle: chooseSeed(typed.shuffle),
    bail: typed.bail ?? false,
    deadline: typed.deadline,
    affected: typed.affected ?? false,
    fresh: typed.fresh ?? false,
    debug: typed.debug,
    json: typed.json ?? false,
    results: resultsFolder(cli, typed.results),
    command: cli.command,
    ...defined({ starts: startsOn(cli) }),
  };
}

/** Returns what starts the lab on this project, where the bare command would take another. */
function startsOn({ env, folder, root }: ProjectCli): string | undefined {
  const starts = startsAs(env);
  const found = findProjectFolder(folder) === root;
  if (found) return starts === 'npm run lab --' ? undefined : starts;
  return existsSync(join(root, projectFile)) ? `${starts} --project ${quote(root)}` : starts;
}

/** Returns the absolute path of a case file. Throws a `usage` error if there is none. */
export function findCaseFile(file: string, cli: ProjectCli): string {
  const path = resolvePath(cli, file);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  throw labError({
    code: 'case-file-missing',
    fault: 'usage',
    doing: 'choosing the cases',
    what: `${path} is not a file`,
    next: 'Name files under cases/, or choose by name with --grep.',
  });
}

function chooseIsolation({ reuse, isolate }: Typed): Isolation | undefined {
  if (reuse === undefined) return isolate;
  if (isolate === undefined || isolate === 'none') return 'none';
  throw labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: 'reading the command line',
    what: `--reuse wants one guest for all, --isolate ${isolate} does not`,
    next: 'Leave one of them out.',
  });
}

function chooseShard(shard: string | true | undefined, env: NodeJS.ProcessEnv): Shard | undefined {
  if (shard === undefined) return undefined;
  return shard === true ? findShard(env) : parseShard(shard);
}

/** A seed is 32 bits: short enough to type again. */
function chooseSeed(seed: string | true | undefined): number | undefined {
  if (seed === undefined) return undefined;
  return seed === true ? Math.floor(Math.random() * 2 ** 32) : wholeNumber(0)(seed);
}
