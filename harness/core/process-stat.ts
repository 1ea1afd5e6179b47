import { readFile } from 'node:fs/promises';

/**
 * Returns the fields of /proc/PID/stat from the state on, field 3 of proc(5); undefined for a
 * process that is not there.
 */
export async function readStat(pid: number | 'self'): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name, in parentheses, may hold anything.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Clock ticks a second: USER_HZ, 100 on every architecture that the lab runs on. */
const ticks = 100;

const sumOf = (fields: readonly string[]) =>
  (fields.reduce((sum, field) => sum + Number(field), 0) * 1000) / ticks;

/** Returns the milliseconds of processor time that a process has used; undefined if it is gone. */
export async function processorTimeOf(pid: number): Promise<number | undefined> {
  const fields = await readStat(pid);
  // utime and stime, fields 14 and 15.
  return fields && sumOf(fields.slice(11, 13));
}

/** Returns the milliseconds that this process and its children that have ended have used. */
export async function ownProcessorTime(): Promise<{ own: number; children: number } | undefined> {
  const fields = await readStat('self');
  return fields && { own: sumOf(fields.slice(11, 13)), children: sumOf(fields.slice(13, 15)) };
}
