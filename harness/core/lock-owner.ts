import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findSelf, isGone } from './process-id.ts';

/** Milliseconds without a renewal after which a holder nobody can look at counts as dead. */
const silence = 10_000;

/** What the holder of a lock does with it. */
export interface LockOwner {
  /** Says that the holder lives. Returns whether the lock is still its own. */
  readonly renew: () => Promise<boolean>;
  /** Removes the lock, if it is still its own, and returns whether it was. */
  readonly leave: () => Promise<boolean>;
}

/** Signs a lock's folder with this process. */
export async function signLock(folder: string): Promise<LockOwner> {
  const self = await findSelf();
  // Where no process can be told from others, a folder that is there is the holder's.
  const isOwn = async () =>
    self === undefined
      ? (await stat(folder).catch(() => undefined)) !== undefined
      : (await readOwner(folder)) === self;
  if (self !== undefined) await writeFile(ownerPath(folder), self);
  return {
    renew: async () => {
      if (!(await isOwn())) return false;
      const now = new Date();
      await utimes(folder, now, now).catch(() => undefined);
      return true;
    },
    leave: async () => {
      if (!(await isOwn())) return false;
      await rm(folder, { recursive: true, force: true });
      return true;
    },
  };
}

/** Tells whether a lock's holder is dead, or can't be looked at and has not been heard of. */
export async function isAbandoned(folder: string): Promise<boolean> {
  const owner = await readOwner(folder);
  const gone = owner === undefined ? undefined : await isGone(owner);
  if (gone !== undefined) return gone;
  const facts = await stat(folder).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > silence;
}

/** Removes a lock with its signature, in one step for those who look on. */
export async function removeAbandoned(folder: string): Promise<void> {
  const aside = `${folder}.${process.pid}`;
  await rename(folder, aside);
  await rm(aside, { recursive: true, force: true });
}

async function readOwner(folder: string): Promise<string | undefined> {
  return readFile(ownerPath(folder), 'utf8').catch(() => undefined);
}

function ownerPath(folder: string): string {
  return join(folder, 'owner');
}
