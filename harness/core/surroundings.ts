import { execFile } from 'node:child_process';
import { access, chmod, mkdtemp, rm, stat, statfs, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { hasCode, labError, type LabError } from './errors.ts';
import { findOdd, type LabHome } from './home.ts';
import { findHostShare, type HostShare } from './host-share.ts';
import type { ErrorCode } from './error-codes.ts';

const execute = promisify(execFile);
const MiB = 2 ** 20;

/** Something about this machine that a run would stumble over later. */
export interface Obstacle {
  /** Of the error that it is where it stops a run; stable. */
  readonly code: ErrorCode;
  readonly what: string;
  readonly next: string;
  /** Whether nothing can be built here; else it may go well, or be slow. */
  readonly stops: boolean;
}

/** Where to look; tests have a machine of their own. */
export interface Surroundings {
  readonly home: LabHome;
  /** The folder for temporary files. */
  readonly temporary: string;
  readonly share: HostShare;
  /** Bytes free for this user on the disk of a folder that is there. */
  readonly free: (folder: string) => Promise<number>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * MiB that are wanted free: a lab home for the first base that is built in it (source, tree and
 * build folder of v6.1 take 1900, v2.6.30's 1100), another time for an image and its saved guest,
 * and temporary files for the build of busybox (60 measured).
 */
const wanted = { empty: 2500, used: 300, temporary: 100 };

/** MiB without which not even a run's own sockets and consoles fit. */
const least = 8;

/** What QEMU takes beside a guest's memory, and the lab's own processes, in MiB. */
const beside = 80 + 200;

/**
 * Returns what stands in a run's way on this machine, worst first: file systems that can't do
 * what a build does, disks that are full, memory that a cgroup holds back. Takes some
 * milliseconds. `guest` is the memory of the biggest guest, in MiB.
 */
export async function findObstacles(
  home: LabHome,
  guest: number,
  given: Partial<Omit<Surroundings, 'home'>> = {},
): Promise<readonly Obstacle[]> {
  const around: Surroundings = {
    home,
    temporary: tmpdir(),
    share: findHostShare(),
    now: Date.now,
    free: freeBytes,
    ...given,
  };
  const found = await Promise.all([
    lookAtFolder('the lab home', await nearest(home.root), around, 'LAB_HOME'),
    lookAtFolder('the folder for temporary files', around.temporary, around, 'TMPDIR'),
    lookAtRoom(around),
  ]);
  const all = [
    ...found.flat(),
    ...lookAtName(around.temporary),
    ...lookAtMemory(around.share, guest),
  ];
  return [...all.filter(({ stops }) => stops), ...all.filter(({ stops }) => !stops)];
}

/** Returns an obstacle that stops a run as an error. */
export function obstacleError({ code, what, next }: Obstacle): LabError {
  return labError({
    code,
    what,
    next,
    fault: 'infrastructure',
    doing: 'looking at this machine',
  });
}

/** The home's own path is looked at where the home is found. */
function lookAtName(temporary: string): Obstacle[] {
  const odd = findOdd(temporary);
  if (odd === undefined) return [];
  const what = `the folder for temporary files, ${JSON.stringify(temporary)}, holds ${odd}: busybox can't be built there`;
  const next = 'Set TMPDIR to a folder whose path is made of letters, digits and /._+@~- only.';
  return [{ code: 'temporary-unusable', what, next, stops: true }];
}

/** Tries what a build does in a folder: make links, run what it has built, tell A from a. */
async function lookAtFolder(
  name: string,
  folder: string,
  { now }: Surroundings,
  variable: string,
): Promise<Obstacle[]> {
  let probe: string;
  try {
    probe = await mkdtemp(join(folder, '.lab-probe-'));
  } catch (error) {
    // What is in a home that can't be written is served; a full disk is told of elsewhere.
    if (variable === 'LAB_HOME' || hasCode(error, 'ENOSPC', 'EDQUOT')) return [];
    const what = `${name}, ${folder}, can't be written: ${(error as Error).message}`;
    return [
      { code: 'not-writable', what, next: `Set ${variable} to another folder.`, stops: true },
    ];
  }
  const next = `Set ${variable} to a folder on another file system.`;
  const stop = (code: ErrorCode, what: string): Obstacle => ({
    code,
    next,
    stops: true,
    what: `${name}, ${folder}, ${what}`,
  });
  try {
    const found: Obstacle[] = [];
    const program = join(probe, 'a');
    await writeFile(program, '#!/bin/sh\nexit 0\n');
    const skew = Math.round(((await stat(program)).mtimeMs - now()) / 1000);
    if (Math.abs(skew) > 5)
      found.push({
        code: 'clock-skew',
        what: `${name}, ${folder}, has a clock of its own, ${Math.abs(skew)} s ${skew > 0 ? 'fast' : 'slow'}: make can't tell what is new there`,
        next: `Set both clocks right, or set ${variable} to a folder on a local disk.`,
        stops: false,
      });
    await chmod(program, 0o755);
    await execute(program).catch((error: unknown) => {
      // Another program's writes may have been caught in the fork: ETXTBSY says nothing of the place.
      if (hasCode(error, 'EACCES', 'EPERM'))
        found.push(stop('no-programs', 'lets no program run that lies there (noexec)'));
    });
    const other = await access(join(probe, 'A')).then(
      () => true,
      () => false,
    );
    if (other) found.push(stop('case-blind', 'takes a and A for one file; kernels have both'));
    await symlink('a', join(probe, 'link')).catch(() => {
      found.push(stop('no-links', 'takes no symbolic links'));
    });
    return found;
  } catch {
    // A disk that is full: lookAtRoom() says so.
    return [];
  } finally {
    await rm(probe, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function lookAtRoom({ home, temporary, free }: Surroundings): Promise<Obstacle[]> {
  const used = await isThere(home.images);
  const places = [
    ['the lab home', await nearest(home.root), used ? wanted.used : wanted.empty, 'LAB_HOME'],
    ['temporary files', temporary, wanted.temporary, 'TMPDIR'],
  ] as const;
  const found = await Promise.all(
    places.map(async ([name, folder, enough, variable]): Promise<Obstacle[]> => {
      const room = await free(folder).catch(() => Infinity);
      if (room >= enough * MiB) return [];
      const here = `${Math.floor(room / MiB)} MiB are free for ${name} in ${folder}`;
      return [
        {
          code: 'disk-full',
          what: `${here}; ${variable === 'TMPDIR' || used ? 'a build' : 'the first build'} takes about ${enough}`,
          next: `${variable === 'TMPDIR' ? 'Make room there' : 'Make room (`npm run lab -- cache prune`)'}, or set ${variable} to a folder on another disk.`,
          stops: variable === 'TMPDIR' && room < least * MiB,
        },
      ];
    }),
  );
  return found.flat();
}

function lookAtMemory({ memory, limit }: HostShare, guest: number): Obstacle[] {
  const most = Math.floor(memory / MiB);
  if (most >= guest + beside) return [];
  const whose =
    limit.memory === undefined
      ? 'are free'
      : `are left of the ${Math.floor(limit.memory / MiB)} that its cgroups allow`;
  return [
    {
      code: 'memory-short',
      what: `${most} MiB of memory ${whose}; a guest and the lab take about ${guest + beside}`,
      next: 'Give it more, or expect guests that are killed and builds that are slow.',
      stops: false,
    },
  ];
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Returns the folder itself, or the next one above it that is there. */
async function nearest(folder: string): Promise<string> {
  if ((await isThere(folder)) || dirname(folder) === folder) return folder;
  return nearest(dirname(folder));
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
