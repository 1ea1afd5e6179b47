import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { LabHome } from '../../harness/core/home.ts';
import { copyIndex, git, gitFailed, gitText } from '../git.ts';
import { findRevision, openClone, refuseClone, type Revision } from './revision.ts';

/** What a clone's work tree holds, as a commit: HEAD's own where nothing has changed since. */
export interface Standing {
  /** Of a repository in the lab home that shares the clone's objects. */
  readonly revision: Revision;
  /** Absolute path of the work tree. */
  readonly folder: string;
  /** What HEAD is. */
  readonly head: string;
}

/**
 * Returns a clone's work tree as it stands, committed or only saved, new files among it, without
 * what its ignore files leave out. Nothing is written to the clone, its index least of all, and
 * nothing of it is run. Throws `repository-missing`, `work-tree-missing`, `revision-unknown` and
 * `revision-no-kernel` (usage).
 */
export async function standingTree(place: string, home: LabHome): Promise<Standing> {
  const clone = await openClone(place);
  const top = await git(place, ['rev-parse', '--show-toplevel']);
  if (top.status !== 0)
    throw refuseClone(
      place,
      'work-tree-missing',
      'it has no work tree',
      [],
      'Name a clone in which files are checked out, or a commit of this one.',
    );
  const folder = top.stdout.trimEnd();
  const head = await findRevision(clone, 'HEAD');
  const gitFolder = await openShadow(folder, clone, home);
  const tree = await snapshot(folder, clone, gitFolder, head.commit);
  if (tree === head.tree) return { revision: { ...head, gitFolder }, folder, head: head.commit };
  const message = ['-m', 'not committed yet'];
  const commit = await gitText(
    gitFolder,
    ['commit-tree', tree, '-p', head.commit, ...message],
    // The same files are the same commit.
    {
      variables: {
        GIT_AUTHOR_NAME: 'not committed yet',
        GIT_AUTHOR_EMAIL: 'none',
        GIT_AUTHOR_DATE: '@0 +0000',
      },
    },
  );
  const revision = { ...(await findRevision(gitFolder, commit)), name: 'the work tree' };
  return { revision, folder, head: head.commit };
}

/** A repository of the lab's own for a work tree: what it adds to the clone's objects lies there. */
async function openShadow(folder: string, clone: string, home: LabHome): Promise<string> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const path = join(home.sources, 'work-trees', `${name}.git`);
  await mkdir(path, { recursive: true });
  await gitText(path, ['init', '--bare', '--quiet', path]);
  await mkdir(savedIn(path), { recursive: true });
  const objects = [await pathIn(clone, 'objects'), savedIn(path)];
  await writeFile(join(path, 'objects', 'info', 'alternates'), `${objects.join('\n')}\n`);
  return path;
}

/**
 * Where new files' objects go: nowhere beside the clone's, since git dates an object anew wherever
 * it finds one that it was about to write.
 */
function savedIn(gitFolder: string): string {
  return join(gitFolder, 'saved');
}

async function snapshot(
  folder: string,
  clone: string,
  gitFolder: string,
  head: string,
): Promise<string> {
  const scratch = await mkdtemp(join(gitFolder, 'index-'));
  const index = join(scratch, 'index');
  const variables = { GIT_DIR: gitFolder, GIT_WORK_TREE: folder, GIT_INDEX_FILE: index };
  const excluded = await pathIn(clone, 'info/exclude');
  const settings = { 'core.bare': 'false', 'core.excludesFile': excluded };
  const reading = { variables, settings };
  const writing = {
    variables: { ...variables, GIT_OBJECT_DIRECTORY: savedIn(gitFolder) },
    settings,
  };
  const add = () => git(folder, ['add', '--all'], writing);
  try {
    // The clone's own index knows every file's date: only what has changed since is read.
    const copied = await copyIndex(await pathIn(clone, 'index'), index).then(
      () => true,
      () => false,
    );
    let added = copied ? await add() : undefined;
    if (added?.status !== 0) {
      // There is none yet, or it is one of several files. From HEAD everything is read.
      await rm(index, { force: true });
      await gitText(folder, ['read-tree', head], reading);
      added = await add();
    }
    if (added.status !== 0) throw gitFailed(folder, ['add'], added);
    const differs = ['diff-index', '--cached', '--raw', '-z', '--no-renames', head];
    const words = (await gitText(folder, differs, reading)).split('\0');
    // A clone that lies in the work tree is nobody's change: git would note its commit.
    const inner = words.filter((_, at) => words[at - 1]?.startsWith(':000000 160000 ') === true);
    if (inner.length > 0)
      await gitText(folder, ['update-index', '--force-remove', '--', ...inner], writing);
    return await gitText(folder, ['write-tree', '--missing-ok'], writing);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Absolute, also where the clone is a linked work tree of another. */
async function pathIn(clone: string, name: string): Promise<string> {
  const path = await gitText(clone, ['rev-parse', '--git-path', name]);
  return isAbsolute(path) ? path : resolve(clone, path);
}
