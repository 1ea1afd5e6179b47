import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pinnedTree, type Base } from '../base.ts';
import { git, gitFailed, gitText } from '../git.ts';
import { commitBase, createRepository } from '../tree/repository.ts';
import { unusableSource, wrongSource } from './source-errors.ts';
import { versionIn } from './source-version.ts';
import { lastLines } from '../../harness/core/run.ts';

/** An imported tree, not yet under its name. */
export interface Imported {
  /** Its folder: work tree and repository. */
  readonly path: string;
  readonly id: string;
  readonly version: string;
  readonly origin: string;
  readonly commit: string;
}

export interface ImportOptions {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number | undefined, unit: string, what: string) => void;
}

/** Returns the git directory of a repository (bare, not bare, or a .git folder), or undefined. */
export async function findGitFolder(place: string): Promise<string | undefined> {
  // Not above the place itself: an unpacked source may lie inside somebody else's repository.
  const variables = { GIT_CEILING_DIRECTORIES: dirname(place) };
  const result = await git(place, ['rev-parse', '--absolute-git-dir'], { variables });
  return result.status === 0 ? result.stdout.trimEnd() : undefined;
}

/**
 * Returns the id of the tree in a repository that is the base: the pinned one, or that of
 * HEAD where none is pinned; undefined if it does not have it.
 */
export async function findTree(base: Base, gitFolder: string): Promise<string | undefined> {
  const treeId = pinnedTree(base);
  if (treeId !== undefined) {
    const result = await git(gitFolder, ['cat-file', '-t', treeId]);
    return result.stdout.trim() === 'tree' ? treeId : undefined;
  }
  const result = await git(gitFolder, ['rev-parse', '--verify', '--quiet', 'HEAD^{tree}']);
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Copies one tree out of a repository, without writing to it, into a new one in `staging`. */
export async function importTree(
  base: Base,
  gitFolder: string,
  tree: string,
  staging: string,
  options: ImportOptions,
): Promise<Imported> {
  const { signal } = options;
  const makefile = await git(gitFolder, ['show', `${tree}:Makefile`], { signal });
  const version = versionIn(makefile.stdout) ?? base.release;
  if (base.source.kind === 'debian-package' && !isOf(base, version))
    throw wrongSource(base, gitFolder, `Linux ${base.release}`, `Linux ${version} at HEAD`);
  await refuseHoles(base, gitFolder, tree, signal);

  const path = join(staging, 'tree');
  await createRepository(path);
  const pack = join(staging, 'source.pack');
  const packed = await git(
    gitFolder,
    ['pack-objects', '--revs', '--window=0', '--stdout', '--all-progress'],
    {
      // To stdout: with a file name, pack-objects leaves its temporary files in the
      // repository it reads.
      outputFile: pack,
      input: `${tree}\n`,
      settings: { 'pack.compression': '1' },
      signal,
      onLine: (line) => tellPercent(line, options),
    },
  );
  if (packed.status !== 0)
    throw unusableSource(base, gitFolder, 'git cannot read it', lastLines(packed.stderr));
  const indexed = await git(path, ['index-pack', '--stdin'], { inputFile: pack, signal });
  if (indexed.status !== 0)
    throw unusableSource(base, gitFolder, 'its objects are damaged', lastLines(indexed.stderr));
  await rm(pack);
  const whole = await git(path, ['rev-list', '--objects', '--quiet', tree], { signal });
  if (whole.status !== 0)
    throw unusableSource(base, gitFolder, 'objects are missing', lastLines(whole.stderr));
  const commit = await commitBase(path, tree, `Linux ${version}`);
  const checkout = await git(path, ['reset', '--hard', '--quiet', commit], { signal });
  if (checkout.status !== 0) throw gitFailed(path, ['reset'], checkout);
  return { path, id: tree, version, origin: originOf(base, gitFolder), commit };
}

/** Returns where a source came from, in words. */
export function originOf({ source }: Base, gitFolder: string): string {
  const place = `git repository ${gitFolder}`;
  if (source.kind !== 'git-revision') return place;
  return source.origin ?? `${place} at ${source.revision}`;
}

/** Tells whether a version is of the base: `6.1.192` of `6.1`, `6.10` not. */
export function isOf(base: Base, version: string): boolean {
  return version === base.release || /^[.-]/.test(version.replace(base.release, ''));
}

/** A partial clone knows the tree and lacks its files; git would fetch them one by one. */
export async function refuseHoles(
  base: Base,
  gitFolder: string,
  tree: string,
  signal: AbortSignal,
): Promise<void> {
  const promisor = await git(gitFolder, ['config', '--get-regexp', 'promisor|partialclone']);
  if (promisor.status !== 0) return;
  const args = ['rev-list', '--objects', '--missing=print', tree];
  const listed = await gitText(gitFolder, args, { signal });
  const holes = listed.split('\n').filter((line) => line.startsWith('?'));
  if (holes.length === 0) return;
  throw unusableSource(
    base,
    gitFolder,
    `it is a partial clone that lacks ${holes.length} objects of ${base.name}; fetch them first, ` +
      `by a checkout for example`,
  );
}

function tellPercent(line: string, options: ImportOptions): void {
  const match = /^(Counting|Compressing|Writing) objects: +\d+% \((\d+)\/(\d+)\)/.exec(line);
  if (match?.[1] !== 'Writing') return;
  options.progress(Number(match[2]), Number(match[3]), 'objects', 'copying');
}
