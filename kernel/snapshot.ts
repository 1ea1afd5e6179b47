import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Context } from '../harness/context.ts';
import { gitText } from './git.ts';

/**
 * Returns the git tree id of a work tree's files as they are now, saved or committed, without what
 * its .gitignore leaves out. Neither its index nor its HEAD changes.
 */
export async function snapshotTree(
  tree: string,
  { scratch }: Pick<Context, 'scratch'>,
): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'index-'));
  const index = join(folder, 'index');
  const own = await gitText(tree, ['rev-parse', '--git-path', 'index']);
  // git's own knows every file's date: only what has changed since is read.
  await copyFile(isAbsolute(own) ? own : join(tree, own), index);
  try {
    const variables = { GIT_INDEX_FILE: index };
    await gitText(tree, ['add', '--all'], { variables });
    return await gitText(tree, ['write-tree'], { variables });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the files in which a work tree differs from a git tree, in `git diff`'s short form. */
export async function changesSince(tree: string, id: string): Promise<string[]> {
  const changes = await gitText(tree, ['diff', '--name-status', id]);
  return changes.split('\n').filter((line) => line !== '');
}
