import { readFile, readlink } from 'node:fs/promises';
import { readStat } from './process-stat.ts';

/**
 * Returns a word for this process that no other ever had, fit for a file's name: the host's
 * boot, the pid namespace, the process id and when it began. Undefined where /proc is missing.
 */
export async function findSelf(): Promise<string | undefined> {
  const [place, start] = await Promise.all([findPlace(), startOf(process.pid)]);
  if (place === undefined || start === undefined) return undefined;
  return [place, process.pid, start].join('.');
}

/**
 * Tells whether the process of that word is no more; undefined where that can't be seen from
 * here: another machine's, an earlier boot's, another container's.
 */
export async function isGone(word: string): Promise<boolean | undefined> {
  const [boot = '', space = '', pid = '', start = ''] = word.split('.');
  if ([boot, space].join('.') !== (await findPlace())) return undefined;
  return start !== (await startOf(Number(pid)));
}

/** Process ids mean something within one boot of one host and one pid namespace only. */
async function findPlace(): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const space = /\d+/.exec(await readlink('/proc/self/ns/pid'))?.[0] ?? '';
    return `${boot.trim()}.${space}`;
  } catch {
    return undefined;
  }
}

/**
 * Returns when a process began, in clock ticks since the boot (proc(5), /proc/PID/stat, field
 * 22); undefined for one that is not there, or dead and not reaped.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const fields = await readStat(pid);
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}
