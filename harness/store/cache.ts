import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  access,
  chmod,
  constants,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { noteUse } from './cache-use.ts';
import { explainDisk, makeFolder } from '../core/disk.ts';
import { isLabError, labError, type LabError } from '../core/errors.ts';
import { withLock, type Waiting } from '../core/lock.ts';

const manifestName = '.manifest.json';

interface Manifest {
  readonly files: Readonly<Record<string, string>>;
}

export interface CacheEntry {
  /** Absolute path of the entry's folder. */
  readonly path: string;
  /** Whether it was there, whole, before. */
  readonly hit: boolean;
  /** Why an entry that was there had to be made again. */
  readonly damage?: string;
}

/**
 * Returns a key for everything that went into a stage's output: 20 hex digits of the
 * SHA-256 of the inputs' JSON with sorted names. 80 bits: no two inputs of one user meet.
 */
export function keyOf(inputs: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(inputs)))
    .digest('hex')
    .slice(0, 20);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

/** Returns a file's SHA-256 in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/**
 * Returns the cache's entry for a key, calling `make` to fill a folder if there is none
 * or its checksums are off. The folder appears under its name only when it is whole, so
 * a lab killed at any moment leaves no half entry. Two labs that want the same entry wait
 * for one another. A folder that can't be written serves what is in it. Throws what `make`
 * throws, `disk-full` or `not-writable`, and leaves nothing behind then.
 */
export async function keep(
  folder: string,
  key: string,
  make: (path: string) => Promise<void>,
  waiting?: Waiting,
): Promise<CacheEntry> {
  const path = join(folder, key);
  const obstacle = await findObstacle(folder);
  if (obstacle !== undefined) {
    const damage = await findDamage(path);
    if (damage === undefined) return { path, hit: true };
    throw notWritable(folder, key, obstacle);
  }
  const open = async (): Promise<CacheEntry> => {
    const damage = await findDamage(path);
    if (damage !== undefined) await makeEntry(folder, key, make);
    await noteUse(folder, key);
    if (damage === undefined) return { path, hit: true };
    return damage === 'absent' ? { path, hit: false } : { path, hit: false, damage };
  };
  return withLock(path, open, waiting);
}

async function makeEntry(
  folder: string,
  key: string,
  make: (path: string) => Promise<void>,
): Promise<void> {
  // What a killed lab has left; its children may still write there, so it is not used again.
  for (const name of await readdir(folder))
    if (name.startsWith(partialPrefix(key))) await rm(join(folder, name), { recursive: true });
  const partial = await mkdtemp(join(folder, partialPrefix(key)));
  try {
    // Nobody else reads it before it is whole; then everybody may who may read the home.
    await chmod(partial, 0o755);
    await make(partial);
    await writeManifest(partial);
    await rm(join(folder, key), { recursive: true, force: true });
    await rename(partial, join(folder, key));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw explainDisk(error, folder) ?? error;
  }
}

function partialPrefix(key: string): string {
  return `.${key}.partial-`;
}

/** Returns why nothing can be written to a folder, or undefined if it can; makes it. */
async function findObstacle(folder: string): Promise<LabError | undefined> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    const found = isLabError(error) ? error : explainDisk(error);
    if (found?.code === 'not-writable') return found;
    throw found ?? error;
  }
}

function notWritable(folder: string, key: string, cause: LabError): Error {
  return labError({
    code: 'not-writable',
    fault: 'infrastructure',
    doing: 'keeping what was built',
    what: `${cause.what}; and there is no whole ${key} in ${folder} yet`,
    next: `Make ${folder} writable, or name another lab home in LAB_HOME.`,
    cause,
  });
}

async function writeManifest(path: string): Promise<void> {
  const files: Record<string, string> = {};
  for (const name of await listFiles(path)) files[name] = await hashFile(join(path, name));
  const manifest: Manifest = { files };
  await writeFile(join(path, manifestName), JSON.stringify(manifest, null, 1));
}

/** Returns undefined for a whole entry, `absent`, or what is wrong with it. */
async function findDamage(path: string): Promise<string | undefined> {
  if ((await stat(path).catch(() => undefined)) === undefined) return 'absent';
  const text = await readFile(join(path, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined) return 'its manifest is missing';
  const files = parseManifest(text);
  if (files === undefined) return 'its manifest is damaged';
  const sums = await Promise.all(
    Object.entries(files).map(async ([name, sum]) => {
      const found = await hashFile(join(path, name)).catch(() => 'missing');
      return found === sum
        ? undefined
        : found === 'missing'
          ? `${name} is missing`
          : `${name} has changed`;
    }),
  );
  return sums.find((sum) => sum !== undefined);
}

function parseManifest(text: string): Manifest['files'] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('files' in value)) return undefined;
    return (value as Manifest).files;
  } catch {
    return undefined;
  }
}

async function listFiles(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== manifestName)
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .sort();
}
