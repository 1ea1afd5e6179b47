import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { explainDisk } from './disk.ts';
import { hasCode, isLabError } from './errors.ts';
import type { LabHome } from './home.ts';
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
    const known = isLabError(error) || hasCode(error, 'ENOTDIR', 'EEXIST');
    if (!known && explainDisk(error) === undefined) throw error;
  }
}

const measured = z.object({
  inputs: z.record(z.string(), z.string()),
  value: z.unknown(),
  /** When it was measured, in milliseconds since 1970. */
  at: z.number().default(0),
});

export interface FactQuery<T> {
  /** The fact's file name, without extension. */
  readonly name: string;
  /** What it depends on beside this boot of the host. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly schema: z.ZodType<T>;
  readonly measure: () => Promise<T>;
  /** Milliseconds for which it holds; until the host's next boot by default. */
  readonly goodFor?: number;
  /** Measure again even if it is known. */
  readonly fresh?: boolean | undefined;
}

/**
 * Returns a fact about this machine, measured once per boot of the host or when it no longer
 * holds: it is kept in the lab's home with the kernel's boot id and the inputs it was measured
 * under. A home that cannot be written or a damaged file costs a new measurement, never an
 * error. Throws what `measure` throws.
 */
export async function recallFact<T>(home: LabHome, query: FactQuery<T>): Promise<T> {
  const boot = await readBootId();
  const inputs = { ...query.inputs, boot: boot ?? 'unknown' };
  const file = {
    path: join(home.facts, `${query.name}.json`),
    shape: z.record(z.string(), z.unknown()),
  };
  const known = query.fresh === true ? undefined : stillHolds(await readFacts(file), inputs, query);
  if (known !== undefined) return known;
  const value = await query.measure();
  if (boot !== undefined) await changeFacts<unknown>(file, { inputs, value, at: Date.now() });
  return value;
}

async function readBootId(): Promise<string | undefined> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  return text?.trim();
}

/** Returns what is kept if it was measured under these inputs and is not too old. */
function stillHolds<T>(
  kept: unknown,
  inputs: Readonly<Record<string, string>>,
  { schema, goodFor = Infinity }: Pick<FactQuery<T>, 'schema' | 'goodFor'>,
): T | undefined {
  const fact = measured.safeParse(kept).data;
  if (fact === undefined) return undefined;
  const names = new Set([...Object.keys(inputs), ...Object.keys(fact.inputs)]);
  if (![...names].every((name) => inputs[name] === fact.inputs[name])) return undefined;
  // A clock that was set back makes no fact of the future.
  const age = Date.now() - fact.at;
  return age >= 0 && age <= goodFor ? schema.safeParse(fact.value).data : undefined;
}
