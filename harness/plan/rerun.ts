import type { GivenOptions } from '../../kernel/given.ts';
import { quote } from '../core/cli-context.ts';
import type { PlannedCase } from '../core/events.ts';
import { withWords, type RunOptions } from './options.ts';

/** What of a run's options decides which kernel a case meets, and where. */
export type Circumstances = Pick<
  RunOptions,
  | 'source'
  | 'compiler'
  | 'sanitizers'
  | 'upto'
  | 'tree'
  | 'accel'
  | 'debug'
  | 'deadline'
  | 'given'
  | 'starts'
>;

/** Returns the command that runs one case alone, safe to paste into a shell. */
export function describeRerun(
  { file, suite, test, base }: PlannedCase,
  circumstances?: Circumstances,
): string {
  const grep = escapeForRegExp(`${suite} > ${test}`);
  const given = circumstances?.given;
  const kernel = given === undefined ? ['--base', base] : givenWords(given);
  const words = ['run', file, '--grep', `${grep}$`, ...kernel];
  const deadline = circumstances?.deadline;
  const more = deadline === undefined ? [] : ['--deadline', String(deadline)];
  return command([...words, ...kernelWords(circumstances), ...more], circumstances);
}

/** Returns the commands that open a debugger where a case begins, and a shell where it ends. */
export function describeLooks(
  { id, base }: PlannedCase,
  circumstances?: Circumstances,
): readonly string[] {
  // Neither takes a series of the user's own yet.
  if (circumstances?.given !== undefined) return [];
  const kernel = ['--base', base, ...kernelWords(circumstances)];
  const words = `^${escapeForRegExp(id)}$`;
  return ['gdb', 'shell'].map((name) => command([name, words, ...kernel], circumstances));
}

function givenWords(given: GivenOptions): string[] {
  const { repository, range, tree, mailbox, patches, onto, config, base, architecture } = given;
  const options = [
    ['--repo', repository],
    ['--range', range],
    ['--mbox', mailbox],
    ['--patches', patches],
    ['--onto', onto],
    ['--base', base],
    ['--arch', architecture],
    ...config.map((path) => ['--config', path]),
  ] as const;
  return [
    ...options.flatMap(([name = '', value]) => (value === undefined ? [] : [name, value])),
    ...(tree === true ? ['--tree'] : []),
  ];
}

function kernelWords(circumstances: Circumstances | undefined): string[] {
  if (circumstances === undefined) return [];
  const { source, compiler, sanitizers, upto, tree, accel, debug } = circumstances;
  return [
    ...(source === undefined ? [] : ['--source', source]),
    ...(compiler === undefined ? [] : ['--compiler', compiler]),
    ...withWords(sanitizers),
    ...(upto === undefined ? [] : ['--upto', upto]),
    ...(tree ? ['--tree'] : []),
    ...(accel === undefined ? [] : ['--accel', accel]),
    ...(debug ? [] : ['--no-debug']),
  ];
}

function command(words: readonly string[], circumstances: Circumstances | undefined): string {
  return `${circumstances?.starts ?? 'npm run lab --'} ${words.map(quote).join(' ')}`;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
