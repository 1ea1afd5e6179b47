import { readFile, rename, writeFile } from 'node:fs/promises';
import type { z } from 'zod';
import { explainDisk } from './disk.ts';
import { isLabError } from './errors.ts';
import { withLock } from './lock.ts';

/** A file of what runs have found out, by name. */
export interface FactFile<T> {
  /** Absolute path. */
  readonly path: string;
  readonly shape: z.ZodType<Readonly<Record<string, T>>>;
}

/** Returns what a file holds; nothing if that is unknown or can't be read. */
export async function readFacts<T>({
  path,
  shape,
}: FactFile<T>): Promise<Readonly<Record<string, T>>> {
  try {
    return shape.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return {};
  }
}

/**
 * Changes what a file holds; a name whose value is undefined is forgotten. A home that can't
 * be written costs the next run these facts, not this one its verdicts.
 */
export async function changeFacts<T>(
  file: FactFile<T>,
  changed: Readonly<Record<string, T | undefined>>,
): Promise<void> {
  try {
    await withLock(file.path, async () => {
      const all = { ...(await readFacts(file)), ...changed };
      await writeFile(`${file.path}.new`, `${JSON.stringify(all, null, 1)}\n`);
      await rename(`${file.path}.new`, file.path);
    });
  } catch (error) {
    if (!isLabError(error) && explainDisk(error) === undefined) throw error;
  }
}
