import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { explainDisk } from './disk.ts';
import { isLabError } from './errors.ts';
import type { CaseResult } from './events.ts';
import type { LabHome } from './home.ts';
import { withLock } from './lock.ts';
import { durationKey } from './plan.ts';

const durations = z.record(z.string(), z.number());

/** Milliseconds by `base id`. */
export type Durations = Readonly<Record<string, number>>;

/** Returns how long cases took last time; nothing if that is unknown or can't be read. */
export async function readDurations(home: LabHome): Promise<Durations> {
  try {
    return durations.parse(JSON.parse(await readFile(pathIn(home), 'utf8')));
  } catch {
    return {};
  }
}

/**
 * Keeps how long the cases took that ran to their end. A home that can't be written costs the
 * next run its estimates, not this one its verdicts.
 */
export async function keepDurations(home: LabHome, results: readonly CaseResult[]): Promise<void> {
  const told = results.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail');
  const fresh = Object.fromEntries(told.map((each) => [durationKey(each), each.milliseconds]));
  const path = pathIn(home);
  try {
    await withLock(path, async () => {
      const all = { ...(await readDurations(home)), ...fresh };
      await writeFile(`${path}.new`, `${JSON.stringify(all, null, 1)}\n`);
      await rename(`${path}.new`, path);
    });
  } catch (error) {
    if (!isLabError(error) && explainDisk(error) === undefined) throw error;
  }
}

function pathIn(home: LabHome): string {
  return join(home.facts, 'durations.json');
}
