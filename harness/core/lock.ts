import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { explainDisk, makeFolder } from './disk.ts';
import { hasCode, labError } from './errors.ts';
import { isAbandoned, removeAbandoned, signLock } from './lock-owner.ts';

/** What a caller may say about waiting for a lock. */
export interface Waiting {
  /** Ends the wait; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Called once, when another lab has the lock and this one begins to wait. */
  readonly onWait?: () => void;
}

/** Milliseconds between two looks at a lock that is held. */
const interval = { first: 20, longest: 500, factor: 1.5 } as const;

/** Milliseconds between two renewals of a lock's date. */
const renewal = 2500;

/**
 * Runs `work` while no other lab holds the lock of the same name, and returns its value.
 * Waits as long as the holder lives. A lock whose holder was killed on this machine is taken
 * over at once; one of another machine's when it has not been renewed for 10 s.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  waiting: Waiting = {},
): Promise<T> {
  await makeFolder(dirname(path));
  const held = await acquire(path, waiting);
  let value: T;
  try {
    value = await work();
  } finally {
    await held.release();
  }
  if (held.isLost()) throw lost(path);
  return value;
}

interface HeldLock {
  readonly release: () => Promise<void>;
  /** Whether another lab has taken it away. */
  readonly isLost: () => boolean;
}

async function acquire(path: string, { signal, onWait }: Waiting): Promise<HeldLock> {
  const folder = `${path}.lock`;
  for (let wait: number = interval.first; ;) {
    const held = await tryLock(folder);
    if (held !== undefined) return held;
    if (await isAbandoned(folder)) await takeOver(path, folder);
    else {
      if (wait === interval.first) onWait?.();
      signal?.throwIfAborted();
      await later(wait, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      wait = Math.min(interval.longest, wait * interval.factor);
    }
    signal?.throwIfAborted();
  }
}

/** Returns undefined where another has it. */
async function tryLock(folder: string): Promise<HeldLock | undefined> {
  if (!(await claim(folder))) return undefined;
  const owner = await signLock(folder).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw explainDisk(error) ?? error;
  });
  let isLost = false;
  const renew = async () => {
    isLost ||= !(await owner.renew());
  };
  const timer = setInterval(() => void renew(), renewal).unref();
  return {
    isLost: () => isLost,
    release: async () => {
      clearInterval(timer);
      isLost ||= !(await owner.leave());
    },
  };
}

/** Makes the lock's folder: of many who try only one does. */
async function claim(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw explainDisk(error) ?? error;
  }
}

/** Removes a lock that nobody holds any more; only one lab at a time may do that. */
async function takeOver(path: string, folder: string): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await claim(guard))) {
    // It is held for moments: an old one is of a lab that was killed in them.
    if (await isAbandoned(guard)) await rm(guard, { recursive: true, force: true });
    await later(interval.first);
    return;
  }
  try {
    if (await isAbandoned(folder)) await removeAbandoned(folder);
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}

function lost(path: string): Error {
  return labError({
    code: 'lock-lost',
    fault: 'infrastructure',
    doing: 'working in the lab home',
    what: `another lab took the lock of ${path} away: this one was asleep for too long, or somebody removed ${path}.lock`,
    next: 'Run again; what is in the lab home is checked before it is used.',
  });
}
