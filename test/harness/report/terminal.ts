import { execa } from 'execa';
import { setImmediate as immediate } from 'node:timers/promises';
import { findCommand } from '../../../harness/setup/probe.mjs';
import { quote } from '../../../harness/core/cli-context.ts';
import { lackOf } from '../../extras.ts';

/** Why there is no terminal to look at, or false; for node:test's `skip`. */
export const noTerminal = lackOf(
  findCommand('tmux') === undefined,
  'no tmux here: apt-get install tmux',
);

/** A program in a real terminal. */
export interface Terminal {
  /** What stands on the screen now; with `history`, what has scrolled away above it as well. */
  screen(options?: { readonly history?: boolean; readonly colours?: boolean }): Promise<string>;
  /** Resolves with the screen once it matches; rejects when the program has ended without. */
  waitFor(pattern: RegExp): Promise<string>;
  /** Presses a key: `C-c`. */
  press(key: string): Promise<void>;
  /** Resolves with the program's exit status. */
  ended(): Promise<number>;
  close(): Promise<void>;
}

/** Runs a command in a terminal of that size: in a tmux server of its own, which close() ends. */
export async function openTerminal(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  size = { columns: 100, rows: 24 },
): Promise<Terminal> {
  const name = `lab-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const tmux = (...args: readonly string[]) =>
    execa('tmux', ['-f', '/dev/null', '-L', name, ...args]);
  const variables = Object.entries(env).map(([key, value]) => `${key}=${quote(value)}`);
  // The pane stays when the program has ended, with its status for its name.
  const script = `trap : INT; env -u CI ${variables.join(' ')} ${argv.map(quote).join(' ')} 3> /dev/null; tmux -L ${name} set -g @status $?; tmux -L ${name} wait-for -S over; exec sleep infinity`;
  const { columns, rows } = size;
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh', '-c', script);
  let isOver = false;
  const over = tmux('wait-for', 'over').then(() => void (isOver = true));
  over.catch(() => undefined);
  const screen: Terminal['screen'] = async ({ history = false, colours = false } = {}) => {
    const flags = [...(history ? ['-S', '-'] : []), ...(colours ? ['-e'] : [])];
    return (await tmux('capture-pane', '-p', ...flags)).stdout;
  };
  return {
    screen,
    waitFor: async (pattern) => {
      for (;;) {
        const last = isOver;
        const text = await screen();
        if (pattern.test(text)) return text;
        if (last)
          throw new Error(`the program ended, and ${pattern.source} never stood on:\n${text}`);
        await immediate();
      }
    },
    ended: async () => {
      await over;
      return Number((await tmux('show', '-gqv', '@status')).stdout);
    },
    press: async (key) => {
      await tmux('send-keys', key);
    },
    close: async () => {
      await tmux('kill-server').catch(() => undefined);
    },
  };
}
