import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { Base } from '../../kernel/base.ts';
import { chooseBase } from '../../kernel/source/choose.ts';
import { findSource } from '../../kernel/source/source-record.ts';
import { engineRoot, projectFile } from '../core/places.ts';
import type { Project, ProjectCli } from '../core/project.ts';
import type { Context } from '../core/context.ts';
import type { RunOptions } from '../plan/options.ts';
import { styleFor } from '../core/style.ts';
import { watchSaves, type Saves } from '../session/saves.ts';
import { watchRuns, type Running } from '../session/watch.ts';
import { toRunOptions, withRunOptions, type Typed } from './run.ts';
import { withContext } from '../session/series-session.ts';

/** What a run reads of the lab itself. */
const folders = ['harness', 'kernel', 'qemu', 'rootfs'];

/** Adds `lab watch`. Its exit status is the last run's. */
export function addWatchCommand(program: Command, cli: ProjectCli): void {
  withRunOptions(program.command('watch'))
    .description('run, and run again whenever something is saved that a run reads')
    .action(async (files: readonly string[], typed: Typed) => {
      // Read here as well, so that a wrong option ends it before it has begun.
      await watchLab(toRunOptions(files, typed, cli), wordsBehind('watch', program), cli);
    });
}

/** Returns what was typed after a command's name. */
function wordsBehind(name: string, program: Command): readonly string[] {
  const words = (program as Command & { readonly rawArgs: readonly string[] }).rawArgs;
  return words.slice(words.indexOf(name) + 1);
}

async function watchLab(
  options: RunOptions,
  words: readonly string[],
  cli: ProjectCli,
): Promise<void> {
  const style = styleFor(cli.stderr, cli.env);
  await withContext(cli, async (context) => {
    const saves = watchSaves();
    try {
      for (const folder of foldersOf(cli.project)) await saves.add(folder);
      if (options.given?.tree === true) await saves.add(options.given.repository ?? cli.folder);
      const bases = options.tree
        ? (await chooseBase(options, context, cli.project.bases)).bases
        : [];
      await watchTrees(bases, saves, context);
      const status = await watchRuns({
        saves,
        root: cli.root,
        signal: context.signal,
        start: () => startRun(words, cli),
        // The first run may have been what made the tree.
        onEnded: () => watchTrees(bases, saves, context),
        say: (line) => cli.stderr.write(`${style.strong('watch')}  ${line}\n`),
      });
      cli.status = status === 1 || status === 2 || status === 3 ? status : 0;
    } finally {
      saves.close();
    }
  });
}

/** Returns what a run reads: the lab's own code, and what the project consists of. */
function foldersOf({ cases, programs, bases }: Project): string[] {
  const own = [
    cases,
    ...programs.flatMap(({ files }) => files.map((file) => dirname(file))),
    ...bases.flatMap(({ patches }) => patches ?? []),
  ];
  const lab = folders.map((name) => join(engineRoot, name));
  return [...lab, ...new Set(own)].filter((folder) => existsSync(folder));
}

/** What is saved in these bases' work trees counts too. */
async function watchTrees(bases: readonly Base[], saves: Saves, context: Context): Promise<void> {
  for (const base of bases) {
    const found = await findSource(base, context.home);
    if (found !== undefined) await saves.add(found.repository);
  }
}

/**
 * Starts a run in a process of its own, which reads the lab's own code anew, and in a process
 * group of its own, so that one Ctrl-C reaches it once: from here.
 */
function startRun(words: readonly string[], cli: ProjectCli): Running {
  const bootstrap = join(engineRoot, 'harness/bootstrap.mjs');
  const named = existsSync(join(cli.root, projectFile)) ? ['--project', cli.root] : [];
  const child = spawn(process.execPath, [bootstrap, 'lab', 'run', ...named, ...words], {
    cwd: cli.folder,
    env: cli.env,
    stdio: 'inherit',
    detached: true,
  });
  const ended = once(child, 'exit').then(
    ([status]) => (typeof status === 'number' ? status : 3),
    () => 3,
  );
  return { ended, stop: () => child.kill('SIGINT') };
}
