import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { quote } from '../core/cli-context.ts';
import type { ProjectCli } from '../core/project.ts';
import type { Context } from '../core/context.ts';
import { createGdbMachinery, gdbFactor, runInTerminal } from '../session/gdb.ts';
import { createMachinery } from '../guest/guests.ts';
import { offerOf } from '../plan/needs.ts';
import { findOneCase, planOneCase } from '../plan/one-case.ts';
import { prepare } from '../session/prepare.ts';
import { runCases } from '../run/runner.ts';
import { expression } from './parse.ts';
import { chooseOne, sourceIn, withOptions, type SeriesOptions } from './series-options.ts';
import { withContext } from '../session/series-session.ts';
import { withBuildOptions, withPatchOptions, withSanitizerOption } from './patch-options.ts';

interface Typed extends SeriesOptions {
  readonly upto?: string;
  readonly tree?: true;
  readonly accel?: 'kvm' | 'tcg';
  readonly debug: boolean;
  readonly boot?: true;
  readonly print?: true;
}

/** Adds `lab gdb`. Its exit status is the case's: 0 green, 1 red. */
export function addGdbCommand(program: Command, cli: ProjectCli): void {
  withSanitizerOption(withPatchOptions(withBuildOptions(withOptions(program.command('gdb')))))
    .description("stop a case's guest where the case begins, with gdb attached; no deadlines")
    .argument(
      '<case>',
      'an expression that the file, suite or name of one case matches',
      expression,
    )
    .option('--boot', "stop at the machine's first instruction instead")
    .option('--print', "don't start gdb, say what to type in another terminal")
    .option('--accel <name>', 'use this accelerator, without trying: kvm or tcg')
    .option('--no-debug', "leave out what finds bugs, and gdb's symbols with it")
    .action((grep: RegExp, typed: Typed) => debugCase(grep, typed, cli));
}

async function debugCase(grep: RegExp, typed: Typed, cli: ProjectCli): Promise<void> {
  await withContext(cli, async (context) => {
    const { upto, tree = false, accel, debug } = typed;
    const { programs, selftests } = cli.project;
    const base = await chooseOne(typed, cli, context);
    const parts = await prepare(
      [base],
      { source: sourceIn(typed, cli), upto, tree, accel, debug, programs, selftests },
      context,
    );
    const [image] = parts.images;
    if (image === undefined) return;
    const offer = offerOf(image.series);
    const chosen = await findOneCase(grep, offer, cli.project);
    const entries = planOneCase(chosen, offer, 'debugging');

    let ended: Promise<void> = Promise.resolve();
    const attach = (argv: readonly string[]): void => {
      if (typed.print !== true && canRunGdb(cli)) ended = runInTerminal(argv);
      else
        cli.stdout.write(`The guest waits. In another terminal:\n${argv.map(quote).join(' ')}\n`);
    };
    const fromBoot = typed.boot === true;
    const usual = createMachinery(
      { ...parts, factor: gdbFactor, folder: context.scratch },
      context,
    );
    const machinery = createGdbMachinery({ image, parts, fromBoot, attach }, context, usual);
    const choices = { jobs: 1, isolation: 'case', factor: gdbFactor, root: cli.root } as const;
    const results = await runCases({ entries }, machinery, besideGdb(context), choices);
    await ended;
    context.signal.throwIfAborted();
    if (results.some(({ verdict }) => verdict !== 'pass')) cli.status = 1;
  });
}

/** The screen belongs to gdb: only what a case comes to is told beside it. */
function besideGdb(context: Context): Context {
  return {
    ...context,
    emit: (event) => {
      if (event.type === 'case-ended' || event.type === 'warning') context.emit(event);
    },
  };
}

function canRunGdb({ stdout }: ProjectCli): boolean {
  if (!process.stdin.isTTY || !stdout.isTTY) return false;
  return ['gdb', 'script'].every((name) => spawnSync(name, ['--version']).status === 0);
}
