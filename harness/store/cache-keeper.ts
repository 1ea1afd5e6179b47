import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pruneHome, usualLimits } from './cache-prune.ts';
import type { Context } from '../core/context.ts';
import { explainDisk } from '../core/disk.ts';
import { count, megabytes } from '../core/text.ts';

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
