import { copyFile, stat, utimes } from 'node:fs/promises';
import { labError } from '../harness/core/errors.ts';
import { lastLines, run } from '../harness/core/run.ts';
import type { RunOptions, RunResult } from '../harness/core/run.ts';

/**
 * Who commits in the lab's trees, and when. Fixed, so that the same patches on the same
 * source have the same commit ids everywhere.
 */
export const committer = {
  name: 'cr-lab',
  email: 'lab@cr-lab.example',
  date: '@1244592000 +0000',
} as const;

export interface GitOptions extends RunOptions {
  /** Further variables: GIT_INDEX_FILE. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Further `-c` settings. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Settings a git repository that the lab did not make must not be able to change. */
const settings = {
  // A repository of another user may be read: the lab checks ids, and runs nothing of it.
  'safe.directory': '*',
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.quotePath': 'false',
  'core.autocrlf': 'false',
  'commit.gpgSign': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'advice.detachedHead': 'false',
  'advice.updateSparsePath': 'false',
} as const;

/**
 * Runs git in a repository or work tree, cut off from the user's own configuration and
 * from an outer git's variables, and returns how it ended.
 */
export async function git(
  folder: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<RunResult> {
  const flags = Object.entries({ ...settings, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  return run('git', ['-C', folder, ...flags, ...args], {
    ...options,
    env: { ...gitEnvironment(), ...options.variables },
  });
}

/** Like git(), but returns stdout and throws `git-failed` unless the status is 0. */
export async function gitText(
  folder: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const result = await git(folder, args, options);
  if (result.status === 0) return result.stdout.trimEnd();
  throw gitFailed(folder, args, result);
}

/**
 * Copies a work tree's index, with its date: git reads again what was saved in the second in which
 * the index was written, since neither size nor date need tell.
 */
export async function copyIndex(from: string, to: string): Promise<void> {
  const { mtimeMs } = await stat(from);
  await copyFile(from, to);
  // Rather earlier, and one file more is read.
  const seconds = Math.floor(mtimeMs / 1000);
  await utimes(to, seconds, seconds);
}

/** Returns an error for a git command that has no business to fail. */
export function gitFailed(folder: string, args: readonly string[], result: RunResult): Error {
  const full = /No space left on device|Disk quota exceeded/.test(result.stderr);
  return labError({
    code: full ? 'disk-full' : 'git-failed',
    fault: 'infrastructure',
    doing: `running git ${args[0] ?? ''} in ${folder}`,
    what: full ? 'no space left on the disk' : `it ended with ${result.status ?? 'a signal'}`,
    next: full
      ? 'Make room on the disk of the lab home, then run again: nothing half-done was kept.'
      : `See git's words below; if ${folder} is in the lab home, it can be deleted and is made anew.`,
    details: lastLines(result.stderr),
  });
}

function gitEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('GIT_'),
  );
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: committer.date,
  };
}
