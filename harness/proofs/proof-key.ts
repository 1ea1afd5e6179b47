import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { GuestOptions } from '../guest/boot-guest.ts';
import { hashFile, keyOf } from '../store/cache.ts';
import type { PlannedCase } from '../core/events.ts';
import { projectFile } from '../core/places.ts';
import type { Project } from '../core/project.ts';
import type { CaseFile } from '../suite/host-protocol.ts';
import type { RunChoices } from '../run/run-settings.ts';
import { guestKey } from '../guest/saved-guest.ts';

/**
 * Returns the key of all that the verdicts of a file's cases on a base depend on; undefined
 * where that is not known.
 */
export type KeyOfFile = (of: Pick<PlannedCase, 'base' | 'file'>) => string | undefined;

/** What judges a guest, from the lab's own folder: changed, it might judge otherwise. */
const judges = ['harness', 'qemu'];

/** What says which versions of the packages judge; a lab that was installed has only the second. */
const versions = ['package-lock.json', 'package.json'];

/**
 * Returns the key of the lab's code as it stands and of what a project's cases share, which is
 * all in folders beside them; undefined where it can't be read.
 */
export async function readJudgeKey(
  engine: string,
  { root, cases }: Pick<Project, 'root' | 'cases'>,
): Promise<string | undefined> {
  const version = versions.find((name) => existsSync(join(engine, name)));
  if (version === undefined) return undefined;
  const shared = await listShared(cases);
  const places = [
    ...[...judges, version].map((name) => join(engine, name)),
    join(root, projectFile),
    ...shared.map((name) => join(cases, name)),
  ];
  const sums = await Promise.all(places.map(hashAll));
  return sums.includes(undefined) ? undefined : keyOf({ sums, shared });
}

/** Returns the names, sorted, of the folders in which cases keep what they share. */
export async function listShared(cases: string): Promise<readonly string[]> {
  const there = await readdir(cases, { withFileTypes: true }).catch(() => []);
  return there
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * Reads what the verdicts of these case files depend on beside the kernel, and returns their
 * keys. `judge` is the key of the code that judges them: what was loaded may not be what
 * stands there any more. Without it nothing is read, and no key known.
 */
export async function readProofKeys(
  files: readonly CaseFile[],
  guests: GuestOptions,
  { isolation, deadline }: Pick<RunChoices, 'isolation' | 'deadline'>,
  judge: string | undefined,
): Promise<KeyOfFile> {
  if (judge === undefined) return () => undefined;
  const fileSums = new Map(
    await Promise.all(files.map(async ({ name, path }) => [name, await hashAll(path)] as const)),
  );
  const guestKeys = new Map(
    await Promise.all(
      guests.images.map(async (image) => [image.base.name, await guestKey(image, guests)] as const),
    ),
  );
  return ({ base, file: name }) => {
    const file = fileSums.get(name);
    if (file === undefined) return undefined;
    const guest = guestKeys.get(base);
    return keyOf({ judge, isolation, deadline, node: process.version, file, guest });
  };
}

type Sums = readonly (readonly [string, string])[];

/**
 * Returns the checksums of a file, or of all files in a folder, by their paths in it; undefined
 * where one can't be read: an editor may be at it.
 */
export async function hashAll(path: string): Promise<Sums | undefined> {
  const below = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => null);
  const paths = below
    ?.filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    (paths ?? [path]).map(async (each) => [relative(path, each), await hashFile(each)] as const),
  ).catch(() => undefined);
}

/** Returns the keys that two readings agree on: what was saved in between may or may not have counted. */
export function agreeing(before: KeyOfFile, after: KeyOfFile): KeyOfFile {
  return (of) => (before(of) === after(of) ? before(of) : undefined);
}
