import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainDisk } from './disk.ts';
import { hasCode, labError } from './errors.ts';

/** A run's temporary folder. */
export interface Scratch {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

const ownName = /^lab-(\d+)-(\d+)-/;

/**
 * Makes a run's temporary folder, and removes those that killed runs have left. It goes when
 * it is removed or the process exits; only SIGKILL leaves it, for the next run to find. Throws
 * `temporary-unusable` where none can be made, `disk-full`.
 */
export async function makeScratch(folder = tmpdir()): Promise<Scratch> {
  const space = await pidNamespace();
  const path = await makeOwn(folder, space).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOSPC', 'EDQUOT')) throw explainDisk(cause, folder) ?? cause;
    throw labError({
      code: 'temporary-unusable',
      fault: 'infrastructure',
      doing: 'making a folder for temporary files',
      what: `${folder}: ${(cause as Error).message}`,
      next: 'Set TMPDIR to a folder that is there and that you may write to.',
      cause,
    });
  });
  const removeNow = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', removeNow);
  return {
    path,
    remove: async () => {
      process.off('exit', removeNow);
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function makeOwn(folder: string, space: string): Promise<string> {
  await removeLeftovers(folder, space);
  // Short: the Unix sockets in it must have paths of less than 108 bytes.
  return mkdtemp(join(folder, `lab-${space}-${process.pid}-`));
}

/** A process id means something within its namespace only: containers may share /tmp. */
async function pidNamespace(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}

async function removeLeftovers(folder: string, space: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, nameSpace, pid] = ownName.exec(name) ?? [];
    if (nameSpace !== space || isAlive(Number(pid))) continue;
    // Another user's is theirs to remove.
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}
