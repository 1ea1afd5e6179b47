import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LabHome } from '../harness/core/home.ts';

const stored = z.object({
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
  const path = join(home.facts, `${query.name}.json`);
  const known = query.fresh === true ? undefined : await readFact(path, inputs, query);
  if (known !== undefined) return known;
  const value = await query.measure();
  if (boot !== undefined) await writeFact(home.facts, path, { inputs, value, at: Date.now() });
  return value;
}

async function readBootId(): Promise<string | undefined> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  return text?.trim();
}

async function readFact<T>(
  path: string,
  inputs: Readonly<Record<string, string>>,
  { schema, goodFor = Infinity }: Pick<FactQuery<T>, 'schema' | 'goodFor'>,
): Promise<T | undefined> {
  try {
    const fact = stored.parse(JSON.parse(await readFile(path, 'utf8')));
    const names = new Set([...Object.keys(inputs), ...Object.keys(fact.inputs)]);
    if (![...names].every((name) => inputs[name] === fact.inputs[name])) return undefined;
    // A clock that was set back makes no fact of the future.
    const age = Date.now() - fact.at;
    return age >= 0 && age <= goodFor ? schema.parse(fact.value) : undefined;
  } catch {
    return undefined;
  }
}

/** Two labs may write at once: each renames a whole file of its own into place. */
async function writeFact(folder: string, path: string, fact: unknown): Promise<void> {
  const partial = `${path}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(partial, JSON.stringify(fact, null, 1));
    await rename(partial, path);
  } catch {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}
