import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findSelf, isGone } from './process-id.ts';

/** Milliseconds without a renewal after which a holder nobody can look at counts as dead. */
const silence = 10_000;

/**
 * Signs a lock's folder with this process and returns what takes the signature away, and
 * tells whether it was still there.
 */
export async function signLock(folder: string): Promise<() => Promise<boolean>> {
  const self = await findSelf();
  if (self === undefined) return () => Promise.resolve(true);
  // The library knows its lock by the folder's date, which a file in it changes.
  const { mtime } = await stat(folder);
  await writeFile(ownerPath(folder), self);
  await utimes(folder, mtime, mtime);
  return async () => {
    if ((await readOwner(folder)) !== self) return false;
    await rm(ownerPath(folder), { force: true });
    return true;
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
