import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keptKinds, listKept, type Kept, type KeptKind } from './cache-list.ts';
import { findUsed } from './cache-use.ts';
import type { LabHome } from '../core/home.ts';
import { withLock } from '../core/lock.ts';
import type { Context } from '../core/context.ts';
import { explainDisk } from '../core/disk.ts';
import { count, megabytes } from '../core/text.ts';

/** What may stay; each rule removes what it does not let stay, the least lately used first. */
export interface PruneRules {
  /** Milliseconds since its last use. */
  readonly olderThan?: number | undefined;
  /** How many of each kind. */
  readonly keep?: number | undefined;
  /** Bytes of a kind. */
  readonly limits?: Readonly<Partial<Record<KeptKind, number>>> | undefined;
}

const mebibyte = 2 ** 20;

/**
 * What a desk's disk can spare for months of runs: about 110 images, 80 saved guests and 10
 * build folders. ccache keeps its own limit.
 */
export const usualLimits: Readonly<Record<KeptKind, number>> = {
  images: 4096 * mebibyte,
  guests: 1024 * mebibyte,
  rootfs: 256 * mebibyte,
  builds: 4096 * mebibyte,
};

/** Returns what rules do not let stay, of a list that begins with what was used last. */
export function choosePrunable(kept: readonly Kept[], rules: PruneRules, now: number): Kept[] {
  const { olderThan = Infinity, keep = Infinity, limits = {} } = rules;
  return keptKinds.flatMap((kind) => {
    let bytes = 0;
    let count = 0;
    return kept
      .filter((each) => each.kind === kind)
      .filter((each) => {
        bytes += each.bytes;
        count += 1;
        const stays =
          now - each.used <= olderThan && count <= keep && bytes <= (limits[kind] ?? Infinity);
        return !stays && !each.busy;
      });
  });
}

/**
 * Removes from the lab home what rules do not let stay, and what killed labs have left half
 * made. Returns what is gone. What a lab at work uses, makes or waits for stays.
 */
export async function pruneHome(home: LabHome, rules: PruneRules): Promise<readonly Kept[]> {
  const chosen = choosePrunable(await listKept(home), rules, Date.now());
  const gone: Kept[] = [];
  for (const each of chosen) if (await removeKept(home, each)) gone.push(each);
  for (const kind of keptKinds) await removeLeftovers(home[kind]);
  return gone;
}

/** Tells whether it is gone: not if it has been used since it was chosen. */
async function removeKept(home: LabHome, kept: Kept): Promise<boolean> {
  const { kind, name, path } = kept;
  const removed = await ifFree(lockOf(home, kept), async () => {
    const facts = await stat(path).catch(() => undefined);
    const isBusy = (await findUsed(home[kind])).has(name);
    if (facts === undefined || isBusy || (kind !== 'builds' && facts.mtimeMs > kept.used))
      return false;
    const aside = join(home[kind], `.${name}.gone-${process.pid}`);
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
    return true;
  });
  return removed ?? false;
}

/** A build folder belongs to who has the tree of its base: `linux-6.12-boot-guest` to linux-6.12's. */
function lockOf(home: LabHome, { kind, name, path }: Kept): string {
  const base = /^(linux-)?[^-]+/.exec(name)?.[0] ?? name;
  return kind === 'builds' ? join(home.trees, base) : path;
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, key] = /^\.(.+)\.(?:partial|gone)-\w+$/.exec(name) ?? [];
    if (key === undefined) continue;
    await ifFree(join(folder, key), () => rm(join(folder, name), { recursive: true, force: true }));
  }
}

/** Runs work if nobody else has the lock; returns undefined if somebody has. */
async function ifFree<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const busy = new Error('another lab has it');
  const waiting = { signal: stop.signal, onWait: () => stop.abort(busy) };
  try {
    return await withLock(path, work, waiting);
  } catch (error) {
    if (error === busy) return undefined;
    throw error;
  }
}

/** A look at every entry takes a part of a second: once a day will do. */
const interval = 86_400_000;

/**
 * Holds the lab home to its limits, once a day, and says what is gone. Nothing that goes wrong
 * here is worth a run that is over.
 */
export async function keepHomeSmall({ home, emit }: Pick<Context, 'home' | 'emit'>): Promise<void> {
  const stamp = join(home.facts, 'pruned');
  try {
    const last = (await stat(stamp).catch(() => undefined))?.mtimeMs ?? 0;
    if (Date.now() - last < interval) return;
    await mkdir(home.facts, { recursive: true });
    await writeFile(stamp, '');
    await utimes(stamp, new Date(), new Date());
    const gone = await pruneHome(home, { limits: usualLimits });
    if (gone.length === 0) return;
    const bytes = gone.reduce((sum, each) => sum + each.bytes, 0);
    const text = `${count(gone.length, 'thing')} not used for long went from the lab home: ${megabytes(bytes)}; \`npm run lab -- cache\` lists what is there.`;
    emit({ type: 'note', text });
  } catch (error) {
    if (explainDisk(error)?.code === 'not-writable') return;
    const text = `the lab home could not be held to its limits: ${error instanceof Error ? error.message : String(error)}`;
    emit({ type: 'warning', text });
  }
}
