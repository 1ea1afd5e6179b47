import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import type { Base, Source } from '../base.ts';
import { committer, git, gitText } from '../git.ts';
import { appliedRefs } from '../tree/repository.ts';
import { originOf, refuseHoles } from './source-git.ts';
import type { ImportOptions } from './source-git.ts';
import { treeOf } from '../tree/repository.ts';
import { findSource, readRecord, writeRecord } from './source-record.ts';
import { versionIn } from './source-version.ts';
import { moveTree, writeState } from '../tree/worktree.ts';

/**
 * Moves the tree of another revision of the same release to the one that a base names: only
 * what differs is copied, checked out and, later, compiled. Returns undefined where there is
 * none, or where the clone has nothing in common with it. The caller holds the tree's lock.
 */
export async function renewSource(
  base: Base,
  staging: string,
  options: ImportOptions,
  { home }: Pick<Context, 'home'>,
): Promise<Source | undefined> {
  const { source } = base;
  if (source.kind !== 'git-revision') return undefined;
  const path = treeOf(home, base);
  const record = await readRecord(path);
  if (record === undefined) return undefined;
  const { repository, treeId } = source;
  const { signal } = options;
  const shared = await git(repository, ['cat-file', '-e', `${record.id}^{tree}`]);
  if (shared.status !== 0) return undefined;
  await refuseHoles(base, repository, treeId, signal);
  const pack = join(staging, 'renewed.pack');
  const packed = await git(repository, ['pack-objects', '--revs', '--window=0', '--stdout'], {
    outputFile: pack,
    input: `${treeId}\n^${record.id}\n`,
    settings: { 'pack.compression': '1' },
    signal,
  });
  if (packed.status !== 0) return undefined;
  await gitText(path, ['index-pack', '--stdin'], { inputFile: pack, signal });
  await rm(pack);
  const whole = await git(path, ['rev-list', '--objects', '--quiet', treeId], { signal });
  if (whole.status !== 0) return undefined;
  const version = versionIn(await gitText(path, ['show', `${treeId}:Makefile`])) ?? base.release;
  const commit = await gitText(path, ['commit-tree', treeId, '-m', `Linux ${version}`], {
    variables: {
      GIT_AUTHOR_NAME: committer.name,
      GIT_AUTHOR_EMAIL: committer.email,
      GIT_AUTHOR_DATE: committer.date,
    },
  });
  await gitText(path, ['update-ref', `${appliedRefs}/base-${treeId}`, commit]);
  await moveTree(path, commit);
  await writeState(path, { commit, patches: [] });
  const origin = originOf(base, repository);
  await writeRecord(path, { id: treeId, version, origin, commit, places: [] });
  return findSource(base, home);
}
