import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { lock } from 'proper-lockfile';

/** What a caller may say about waiting for a lock. */
export interface Waiting {
  /** Ends the wait; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Called once, when another lab has the lock and this one begins to wait. */
  readonly onWait?: () => void;
}

/** Milliseconds between two looks at a lock that is held. */
const interval = { first: 20, longest: 500, factor: 1.5 } as const;

/**
 * Runs `work` while no other lab holds the lock of the same name, and returns its value.
 * Waits as long as the holder lives; a lock whose holder died is taken over after 10 s.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  waiting: Waiting = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await acquire(path, waiting);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(path: string, { signal, onWait }: Waiting): Promise<() => Promise<void>> {
  for (let wait: number = interval.first; ;) {
    try {
      return await lock(path, { realpath: false, lockfilePath: `${path}.lock`, stale: 10_000 });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ELOCKED')) throw error;
    }
    if (wait === interval.first) onWait?.();
    signal?.throwIfAborted();
    await later(wait, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    signal?.throwIfAborted();
    wait = Math.min(interval.longest, wait * interval.factor);
  }
}
