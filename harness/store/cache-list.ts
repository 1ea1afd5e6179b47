import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { findUsed } from './cache-use.ts';
import type { LabHome } from '../core/home.ts';

/** What the lab home holds, by folder; those that can be made again for nothing but time. */
export const keptKinds = ['images', 'guests', 'rootfs', 'builds'] as const;
export type KeptKind = (typeof keptKinds)[number];

/** What is listed beside it and never pruned: people's commits, downloads, ccache's own. */
export const otherKinds = ['sources', 'trees', 'ccache', 'keys', 'facts'] as const;

/** Something in the lab home. */
export interface Kept {
  readonly kind: KeptKind;
  /** Its name in the kind's folder. */
  readonly name: string;
  readonly path: string;
  /** What it takes on the disk. */
  readonly bytes: number;
  /** When it was used last, in milliseconds since 1970. */
  readonly used: number;
  /** Whether a lab that is at work uses it. */
  readonly busy: boolean;
}

/** Returns what is kept, the one used last first. */
export async function listKept(home: LabHome): Promise<readonly Kept[]> {
  const lists = await Promise.all(keptKinds.map((kind) => listKind(home, kind)));
  return lists.flat().sort((a, b) => b.used - a.used);
}

async function listKind(home: LabHome, kind: KeptKind): Promise<readonly Kept[]> {
  const folder = home[kind];
  const names = (await readFolders(folder)).filter((name) => !/^\.|\.lock|\.takeover/.test(name));
  const paths = names.map((name) => join(folder, name));
  const [sizes, busy] = await Promise.all([measure(paths), findUsed(folder)]);
  const found = await Promise.all(
    names.map(async (name, index): Promise<readonly Kept[]> => {
      const path = paths[index] ?? '';
      const used = await lastUse(kind, path);
      const bytes = sizes.get(path) ?? 0;
      return used === undefined ? [] : [{ kind, name, path, bytes, used, busy: busy.has(name) }];
    }),
  );
  return found.flat();
}

/** An entry is dated when it is used; a build folder by its last build. */
async function lastUse(kind: KeptKind, path: string): Promise<number | undefined> {
  const log = kind === 'builds' ? await dateOf(join(path, '.lab', 'build.log')) : undefined;
  return log ?? (await dateOf(path));
}

async function dateOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

async function readFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Returns what folders take on the disk, in bytes. What goes meanwhile counts for nothing. */
export async function measure(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (paths.length === 0) return new Map();
  const { stdout } = await execa('du', ['-s', '-k', '--', ...paths], { reject: false });
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const [kib = '', path] = line.split('\t');
      return path === undefined ? [] : [[path, Number(kib) * 1024] as const];
    }),
  );
}
