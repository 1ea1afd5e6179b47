import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { openCli, resolvePath, type Cli } from '../core/cli-context.ts';
import { labError } from '../core/errors.ts';
import { findLabHome } from '../core/home.ts';
import { findProjectFolder } from '../core/places.ts';
import type { Project, ProjectCli } from '../core/project.ts';
import { addCacheCommand } from './cache.ts';
import { addCompareCommand } from './compare.ts';
import { addCountCommand } from './count.ts';
import { addDoctorCommand } from './doctor.ts';
import { addHistoryCommand } from './history.ts';
import { addMergeCommand } from './merge.ts';
import { addNewCommand } from './new.ts';
import { givenTwice, refuseRepeats } from './parse.ts';
import { addRunCommand } from './run.ts';
import { addServeCommand } from './serve.ts';
import { exitCodeOfThrown, renderThrown } from '../report/error.ts';
import { styleFor } from '../core/style.ts';

/**
 * Runs one command line and returns the exit status: 0 green, 1 a red case, 2 the caller
 * asked for what can't be, 3 the lab's or the machine's fault. Throws nothing.
 */
export async function main(args: readonly string[], cli: Cli = openCli(args)): Promise<number> {
  leaveQuietly(cli.stdout);
  try {
    const { rest, named } = takeProject(args);
    const project = await openProject(rest[0], named, cli);
    const here: ProjectCli = { ...cli, root: project.root, project };
    const words = withDefault(rest, here);
    const program = createProgram(here);
    project.addCommands?.(program, here);
    if (!isKnown(program, words[0]) && !asksVersion(words)) await addSlowCommands(program, here);
    refuseRepeats(program);
    await program.parseAsync(words, { from: 'user' });
    return here.status;
  } catch (error) {
    // commander has printed its own words: help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    cli.stderr.write(`${renderThrown(error, styleFor(cli.stderr, cli.env)).join('\n')}\n`);
    return exitCodeOfThrown(error);
  }
}

/** Returns the arguments without `--project DIR`, which every command takes, and what it names. */
function takeProject(args: readonly string[]): {
  readonly rest: readonly string[];
  readonly named: string | undefined;
} {
  const rest = [...args];
  const values: string[] = [];
  for (;;) {
    const at = rest.findIndex((word) => word === '--project' || word.startsWith('--project='));
    if (at < 0) break;
    const [word = '', next] = rest.splice(at, rest[at] === '--project' ? 2 : 1);
    const value = word === '--project' ? next : word.slice('--project='.length);
    if (value === undefined || value === '')
      throw labError({
        code: 'usage',
        fault: 'usage',
        doing: 'reading the command line',
        what: '--project names no folder',
        next: 'Name the folder of a lab.config.ts after it.',
      });
    values.push(value);
  }
  if (values.length > 1) throw givenTwice('--project', values);
  return { rest, named: values[0] };
}

/** `lab new` is about a project that there is not yet, whatever folder it is typed in. */
async function openProject(
  command: string | undefined,
  named: string | undefined,
  cli: Cli,
): Promise<Project> {
  const { noProject, loadProject } = await import('../session/load-project.ts');
  const folder = command === 'new' ? undefined : findProjectFolder(cli.folder, named, cli.root);
  const home = findLabHome(cli.env);
  return folder === undefined ? noProject(cli.folder, home) : loadProject(folder, home);
}

/** Returns the lab's commands. Each loads what it needs when it runs. */
export function createProgram(cli: ProjectCli): Command {
  const program = new Command('lab')
    .description('Applies a kernel series, builds it, boots it and shows which behaviours hold.')
    .version(packageJson.version)
    .option(
      '--project <folder>',
      'the project; by default the nearest lab.config.ts upwards from here',
    )
    .exitOverride()
    .showHelpAfterError('(lab --help lists everything)')
    .configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      writeErr: (text) => cli.stderr.write(text),
    });
  addRunCommand(program, cli, async (options) =>
    (await import('../session/lab.ts')).runLab(options, cli),
  );
  addDoctorCommand(program, cli);
  addMergeCommand(program, cli);
  addCompareCommand(program, cli);
  addHistoryCommand(program, cli);
  addServeCommand(program, cli);
  addCountCommand(program, cli);
  addCacheCommand(program, cli);
  addNewCommand(program, cli);
  return program;
}

/**
 * Adds the commands whose modules take a while to load. Needed for themselves, for the list
 * of commands, and to say which one a mistyped word may have meant.
 */
async function addSlowCommands(program: Command, cli: ProjectCli): Promise<void> {
  const { addSeriesCommands } = await import('./series.ts');
  const { createBooter } = await import('./boot-image.ts');
  const { addListCommand } = await import('./list.ts');
  const { addShellCommand } = await import('./shell.ts');
  const { addBenchCommand } = await import('./bench.ts');
  const { addBisectCommand } = await import('./bisect.ts');
  const { addGdbCommand } = await import('./gdb.ts');
  const { addCoverageCommand } = await import('./coverage.ts');
  const { addStateCommand } = await import('./state.ts');
  const { addMutateCommand } = await import('./mutate.ts');
  const { addFuzzCommand } = await import('./fuzz.ts');
  const { addWatchCommand } = await import('./watch.ts');
  addSeriesCommands(program, cli, { boot: createBooter(cli.project) });
  addListCommand(program, cli);
  addShellCommand(program, cli);
  addBenchCommand(program, cli);
  addBisectCommand(program, cli);
  addGdbCommand(program, cli);
  addCoverageCommand(program, cli);
  addStateCommand(program, cli);
  addMutateCommand(program, cli);
  addFuzzCommand(program, cli);
  addWatchCommand(program, cli);
}

function isKnown(program: Command, word: string | undefined): boolean {
  return program.commands.some((command) => command.name() === word);
}

function asksVersion([first]: readonly string[]): boolean {
  return first === '-V' || first === '--version';
}

/** `lab`, `lab --grep x` and `lab cases/x.ts` mean `lab run …`; `lab docter` means a mistake. */
function withDefault(args: readonly string[], cli: Cli): string[] {
  const [first] = args;
  if (first === undefined) return ['run'];
  if (['-h', '--help', '-V', '--version'].includes(first)) return [...args];
  const isFile = /[./]/.test(first) && existsSync(resolvePath(cli, first));
  return first.startsWith('-') || isFile || first.endsWith('.ts') ? ['run', ...args] : [...args];
}

/** `lab doctor | head` closes the pipe early: that is no error. */
function leaveQuietly(stdout: NodeJS.WriteStream): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
