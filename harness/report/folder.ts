import { existsSync } from 'node:fs';
import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '../core/disk.ts';
import { hasCode, labError } from '../core/errors.ts';

/** A run's folder under results/: its name is the run's name. */
export interface RunFolder {
  readonly run: string;
  /** Absolute. */
  readonly path: string;
}

const runName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-/;

/** Tells whether a folder's name is a run's. */
export function isRunName(name: string): boolean {
  return runName.test(name);
}

/**
 * Makes the folder of a new run: `2026-03-14T15-09-26Z-v2.6.30`, with `-2` after it for a
 * second one of the same second. Throws an `infrastructure` error where it can't.
 */
export async function makeRunFolder(
  root: string,
  bases: readonly string[],
  time: Date,
): Promise<RunFolder> {
  const stamp = time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const name = [stamp, ...bases].join('-');
  try {
    await makeFolder(root);
    for (let number = 1; ; number += 1) {
      const run = number === 1 ? name : `${name}-${number}`;
      const path = join(root, run);
      if (await claim(path)) return { run, path };
    }
  } catch (error) {
    throw labError({
      code: 'results-folder',
      fault: 'infrastructure',
      doing: "making the run's results folder",
      what: `${root}: ${error instanceof Error ? error.message : String(error)}`,
      next: 'Make it writable, or name another with --results.',
      cause: error,
    });
  }
}

async function claim(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Points `latest` beside the run at it, in one step. */
export async function pointLatest(root: string, folder: RunFolder): Promise<void> {
  // Named for the run: in two containers that share the folder, labs have the same process id.
  const fresh = join(root, `.latest-${folder.run}`);
  await rm(fresh, { force: true });
  await symlink(folder.run, fresh);
  await rename(fresh, join(root, 'latest'));
}

/** What is not to be removed of old runs. */
export interface Keeping {
  /** How many of the newest. */
  readonly newest: number;
  readonly current: RunFolder;
  /** Names of runs that something else still speaks of. */
  readonly named: ReadonlySet<string>;
  readonly now: Date;
}

const day = 86_400_000;

/**
 * Removes all but the newest runs. What is no run's folder stays, and so does a run that has not
 * ended or began less than a day ago.
 */
export async function pruneRuns(root: string, keeping: Keeping): Promise<void> {
  const { newest, current, named, now } = keeping;
  const entries = await readdir(root, { withFileTypes: true });
  const runs = entries.filter((entry) => entry.isDirectory() && runName.test(entry.name));
  const old = runs
    .map(({ name }) => name)
    .sort()
    .reverse()
    .slice(newest)
    .filter((name) => name !== basename(current.path) && !named.has(name))
    .filter((name) => now.getTime() - timeOf(name) >= day)
    // A run's results are written at its end.
    .filter((name) => existsSync(join(root, name, 'results.json')));
  for (const name of old) await rm(join(root, name), { recursive: true, force: true });
}

/** Returns when a run began, by its name. */
function timeOf(name: string): number {
  const [date = '', time = ''] = name.slice(0, '2026-03-14T15-09-26'.length).split('T');
  return Date.parse(`${date}T${time.replaceAll('-', ':')}Z`);
}

/** Returns the newest run's folder name, or undefined where there is none. */
export async function latestRun(root: string): Promise<string | undefined> {
  return readlink(join(root, 'latest')).catch(() => undefined);
}
