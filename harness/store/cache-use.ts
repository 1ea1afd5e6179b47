import { appendFile, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { findSelf, isGone } from '../core/process-id.ts';

/** Where each lab at work lists the entries of a folder that it has been handed. */
const usersFolder = '.users';

/** Milliseconds after which a list of a process nobody here can look at counts for nothing. */
const longestRun = 86_400_000;

/**
 * Notes that this process uses an entry, until it ends. The caller holds the entry's lock.
 * A home that can't be written, or is full, is no reason not to use what is in it.
 */
export async function noteUse(folder: string, key: string): Promise<void> {
  try {
    const now = new Date();
    await utimes(join(folder, key), now, now);
    const self = await findSelf();
    if (self === undefined) return;
    await mkdir(join(folder, usersFolder), { recursive: true });
    await appendFile(join(folder, usersFolder, self), `${key}\n`);
  } catch {
    return;
  }
}

/** Returns the entries of a folder that labs at work use, and forgets the labs that have ended. */
export async function findUsed(folder: string): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const users = join(folder, usersFolder);
  for (const name of await readdir(users).catch(() => [])) {
    const path = join(users, name);
    const facts = await stat(path).catch(() => undefined);
    const isOld = facts !== undefined && Date.now() - facts.mtimeMs > longestRun;
    const gone = await isGone(name);
    if (gone === true || (gone === undefined && isOld)) {
      await rm(path, { force: true });
      continue;
    }
    const text = await readFile(path, 'utf8').catch(() => '');
    for (const key of text.split('\n')) if (key !== '') used.add(key);
  }
  return used;
}
