import type { Command } from 'commander';
import type { ProjectCli } from '../core/project.ts';
import { stage } from '../../kernel/stage.ts';
import type { Image } from '../../kernel/base.ts';
import { bootGuest } from '../guest/boot-guest.ts';
import type { Context } from '../core/context.ts';
import { createMachinery } from '../guest/guests.ts';
import { offerOf } from '../plan/needs.ts';
import { findOneCase, planOneCase } from '../plan/one-case.ts';
import { exitCodeOfRun } from '../results/outcome.ts';
import { prepare, type Prepared } from '../session/prepare.ts';
import { runCases } from '../run/runner.ts';
import { userSpaceOf } from '../../rootfs/rootfs.ts';
import { openShell } from '../session/shell.ts';
import type { CaseEnd } from '../results/verdict.ts';
import { expression } from './parse.ts';
import { chooseOne, sourceIn, withOptions, type SeriesOptions } from './series-options.ts';
import { withContext } from '../session/series-session.ts';
import { withBuildOptions, withPatchOptions, withSanitizerOption } from './patch-options.ts';

interface Typed extends SeriesOptions {
  readonly upto?: string;
  readonly tree?: true;
  readonly accel?: 'kvm' | 'tcg';
  readonly debug: boolean;
}

/**
 * Adds `lab shell`. Its exit status is that of a run of the case alone; without one 0 however
 * the shell ends, unless no guest came up.
 */
export function addShellCommand(program: Command, cli: ProjectCli): void {
  withSanitizerOption(withPatchOptions(withBuildOptions(withOptions(program.command('shell')))))
    .description('open a shell in the guest that cases get, or in what a case leaves of it')
    .argument(
      '[case]',
      'an expression that one case matches: it is run first, and what it has made is still there',
      expression,
    )
    .option('--accel <name>', 'use this accelerator, without trying: kvm or tcg')
    .option('--no-debug', 'leave out what finds bugs: lockdep, slub debug, …')
    .action((grep: RegExp | undefined, typed: Typed) => shell(grep, typed, cli));
}

async function shell(grep: RegExp | undefined, typed: Typed, cli: ProjectCli): Promise<void> {
  await withContext(cli, async (context) => {
    const { upto, tree = false, accel, debug } = typed;
    const { programs, selftests } = cli.project;
    const base = await chooseOne(typed, cli, context);
    const choice = { source: sourceIn(typed, cli), upto, tree, accel, debug, programs, selftests };
    const prepared = await prepare([base], choice, context);
    const [image] = prepared.images;
    if (image === undefined) return;
    if (grep === undefined) await enterFresh(image, prepared, cli, context);
    else await enterAfter(grep, image, prepared, cli, context);
  });
}

const howToLeave = 'the shell ends with exit or Ctrl-D, and the guest with it';

async function enterFresh(
  image: Image,
  prepared: Prepared,
  cli: ProjectCli,
  context: Context,
): Promise<void> {
  const options = { ...prepared, folder: context.scratch };
  const { name } = image.base;
  const running = await stage(context, 'guest', name, 'booting', async () => {
    const value = await bootGuest(image, `${name}-shell`, options, context);
    return { value, cached: false, what: howToLeave };
  });
  try {
    const rootfs = userSpaceOf(image.base, prepared.userSpaces);
    await openShell({ port: running.sshPort, ...rootfs }, cli, context.signal);
  } finally {
    await running.kill();
  }
}

/** Runs a case and opens the shell where it has ended. A guest that is lost has none. */
async function enterAfter(
  grep: RegExp,
  image: Image,
  prepared: Prepared,
  cli: ProjectCli,
  context: Context,
): Promise<void> {
  const offer = offerOf(image.series);
  const chosen = await findOneCase(grep, offer, cli.project);
  const entries = planOneCase(chosen, offer, 'opening a shell after');
  const machinery = createMachinery({ ...prepared, folder: context.scratch }, context);
  const { factor, userSpaces } = prepared;
  const rootfs = userSpaceOf(image.base, userSpaces);
  let unopened: unknown;
  const results = await runCases({ entries }, machinery, context, {
    jobs: 1,
    isolation: 'case',
    factor,
    root: cli.root,
    visit: async ({ sshPort }, end) => {
      context.emit({ type: 'note', text: `${chosen.id}: ${describeEnd(end)}` });
      context.emit({ type: 'note', text: `what it has made is still there; ${howToLeave}` });
      await openShell({ port: sshPort, ...rootfs }, cli, context.signal).catch((error: unknown) => {
        unopened = error;
      });
    },
  });
  context.signal.throwIfAborted();
  if (unopened !== undefined) throw unopened as Error;
  cli.status = exitCodeOfRun(results);
}

/** Returns what a case has come to so far, in a line: the console has not been looked at yet. */
export function describeEnd(end: CaseEnd): string {
  if (end.kind === 'overdue') return `not done after ${end.seconds} s`;
  if (end.kind !== 'returned') return 'it has ended';
  const [failure] = end.failures;
  return failure === undefined ? 'it has found nothing wrong' : failure.message;
}
