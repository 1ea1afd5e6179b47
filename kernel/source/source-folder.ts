import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pinnedTree, type Base } from '../base.ts';
import { git, gitFailed, gitText } from '../git.ts';
import { commitBase, createRepository } from '../tree/repository.ts';
import { unusableSource, wrongSource } from './source-errors.ts';
import { isOf } from './source-git.ts';
import type { Imported, ImportOptions } from './source-git.ts';
import { versionIn } from './source-version.ts';
import { lastLines } from '../../harness/core/run.ts';

/**
 * Takes every file of a folder into the repository of `tree`, ignored ones too, and
 * returns the id of the git tree they make, or git's words if it cannot. With `tree` the
 * folder itself, its index then matches its files.
 */
async function addFolder(
  folder: string,
  tree: string,
  options: ImportOptions,
): Promise<string | readonly string[]> {
  let files = 0;
  const added = await git(folder, ['add', '--all', '--force', '--verbose', '.'], {
    variables: { GIT_DIR: join(tree, '.git'), GIT_WORK_TREE: folder },
    // Every file above this size goes straight into one pack: a third of the time that
    // 80,000 single objects take.
    settings: { 'core.bigFileThreshold': '1', 'pack.compression': '1', 'core.compression': '1' },
    signal: options.signal,
    onLine: () => {
      files += 1;
      if (files % 500 === 0) options.progress(files, undefined, 'files', 'reading');
    },
  });
  if (added.status !== 0) return lastLines(added.stderr);
  return gitText(folder, ['write-tree'], { variables: { GIT_DIR: join(tree, '.git') } });
}

/**
 * Imports an unpacked source. `own` says that the folder is the lab's and may become the
 * tree itself; a user's folder is only read. Throws `source-id-mismatch`, `source-unusable`.
 */
export async function importFolder(
  base: Base,
  folder: string,
  place: string,
  staging: string,
  own: boolean,
  options: ImportOptions,
): Promise<Imported> {
  const makefile = await readFile(join(folder, 'Makefile'), 'utf8').catch(() => '');
  const version = versionIn(makefile);
  if (version === undefined)
    throw unusableSource(base, place, 'it has no Makefile that states a kernel version');
  if (base.source.kind === 'debian-package' && !isOf(base, version))
    throw wrongSource(base, place, expectedOf(base), `Linux ${version}`);
  const path = own ? folder : join(staging, 'tree');
  if (own) await rm(join(folder, '.git'), { recursive: true, force: true });
  await createRepository(path);
  const id = await addFolder(folder, path, options);
  if (typeof id !== 'string') throw unusableSource(base, place, 'git cannot read it', id);
  const pinned = pinnedTree(base);
  if (pinned !== undefined && id !== pinned)
    throw wrongSource(base, place, expectedOf(base), `Linux ${version}, tree ${id}`);
  const commit = await commitBase(path, id, `Linux ${version}`);
  if (!own) {
    const args = ['reset', '--hard', '--quiet', commit];
    const checkout = await git(path, args, { signal: options.signal });
    if (checkout.status !== 0) throw gitFailed(path, args, checkout);
  }
  return { path, id, version, origin: place, commit };
}

/** What a source must be to count, in words. */
export function expectedOf(base: Base): string {
  const pinned = pinnedTree(base);
  return pinned === undefined ? `Linux ${base.release}` : `Linux ${base.release}, tree ${pinned}`;
}
