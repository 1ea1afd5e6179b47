import { readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { LabHome } from '../../harness/core/home.ts';
import { pinnedTree, type Base, type Source } from '../base.ts';
import { treeOf } from '../tree/repository.ts';

const recordShape = z.object({
  id: z.string(),
  version: z.string(),
  origin: z.string(),
  commit: z.string(),
  /** Of the archive that it was unpacked from, where that is what vouches for it. */
  sha256: z.string().optional(),
  /** Places that were found to hold this very source: not looked into again. */
  places: z.array(z.object({ path: z.string(), stamp: z.string() })),
});
export type SourceRecord = z.infer<typeof recordShape>;

function recordPath(tree: string): string {
  return join(tree, '.git', 'lab-source.json');
}

/** Returns what is recorded of the source in a tree; undefined if there is none, or not whole. */
export async function readRecord(tree: string): Promise<SourceRecord | undefined> {
  const text = await readFile(recordPath(tree), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return recordShape.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Writes the record: what makes a tree count as imported, so it is written last. */
export async function writeRecord(tree: string, record: SourceRecord): Promise<void> {
  await writeFile(recordPath(tree), `${JSON.stringify(record, null, 1)}\n`);
}

/** Returns the source in the lab's home without running anything; undefined if it is not there. */
export async function findSource(base: Base, home: LabHome): Promise<Source | undefined> {
  const repository = treeOf(home, base);
  const record = await readRecord(repository);
  if (record === undefined) return undefined;
  const pinned = pinnedTree(base);
  if (pinned !== undefined && record.id !== pinned) return undefined;
  if (base.source.kind === 'archive' && record.sha256 !== base.source.sha256) return undefined;
  const { id, version, origin, commit } = record;
  return { base, id, version, origin, repository, commit };
}

/** Tells whether a place is downloaded from. */
export function isRemote(place: string): boolean {
  return /^https?:/.test(place);
}

/** Returns a place's path and what would change if the file there were another one. */
export async function stampOf(path: string): Promise<{ path: string; stamp: string }> {
  const facts = await stat(path).catch(() => undefined);
  const stamp =
    facts === undefined
      ? 'gone'
      : facts.isDirectory()
        ? 'folder'
        : `${facts.size} ${facts.mtimeMs} ${facts.ino}`;
  return { path: resolve(path), stamp };
}
