import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';

/**
 * Runs `work` while no other lab holds the lock of the same name, and returns its value.
 * Waits as long as the holder lives; a lock whose holder died is taken over after 10 s.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await lock(path, {
    realpath: false,
    lockfilePath: `${path}.lock`,
    stale: 10_000,
    retries: { forever: true, minTimeout: 20, maxTimeout: 500, factor: 1.5 },
  });
  try {
    return await work();
  } finally {
    await release();
  }
}
