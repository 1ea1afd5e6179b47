import type { Command } from 'commander';
import type { Cli } from '../cli-context.ts';
import { stage } from '../../kernel/stage.ts';
import { bootGuest } from '../boot-guest.ts';
import { prepare } from '../prepare.ts';
import { openShell } from '../shell.ts';
import { chooseOne, sourceIn, withOptions, type SeriesOptions } from './series-options.ts';
import { withContext } from './series-session.ts';
import { withPatchOptions } from './patch-options.ts';

interface Typed extends SeriesOptions {
  readonly upto?: string;
  readonly tree?: true;
  readonly accel?: 'kvm' | 'tcg';
  readonly debug: boolean;
}

/** Adds `lab shell`. Its exit status is 0 however the shell ends, unless no guest came up. */
export function addShellCommand(program: Command, cli: Cli): void {
  withPatchOptions(withOptions(program.command('shell')))
    .description('boot the guest that cases get, and give a shell in it')
    .option('--accel <name>', "don't try, use this accelerator: kvm or tcg")
    .option('--no-debug', 'leave out what finds bugs: lockdep, slub debug, …')
    .action((typed: Typed) => shell(typed, cli));
}

async function shell(typed: Typed, cli: Cli): Promise<void> {
  await withContext(cli, async (context) => {
    const { upto, tree = false, accel, debug } = typed;
    const base = await chooseOne(typed, cli, context);
    const choice = { source: sourceIn(typed, cli), upto, tree, accel, debug };
    const prepared = await prepare([base], choice, context);
    const [image] = prepared.images;
    if (image === undefined) return;
    const options = { ...prepared, folder: context.scratch };
    const running = await stage(context, 'guest', base.name, 'booting', async () => {
      const value = await bootGuest(image, `${base.name}-shell`, options, context);
      return {
        value,
        cached: false,
        what: 'the shell ends with exit or Ctrl-D, and the guest with it',
      };
    });
    try {
      await openShell({ port: running.sshPort, ...prepared.rootfs }, cli, context.signal);
    } finally {
      await running.kill();
    }
  });
}
