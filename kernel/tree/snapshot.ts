import { mkdtemp, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import { labError } from '../../harness/core/errors.ts';
import { copyIndex, gitText } from '../git.ts';

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
  await copyIndex(isAbsolute(own) ? own : join(tree, own), index);
  try {
    const variables = { GIT_INDEX_FILE: index };
    await gitText(tree, ['add', '--all'], { variables });
    return await gitText(tree, ['write-tree'], { variables });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws `tree-changed`, with the files, unless a work tree is still that git tree. */
export async function refuseChanges(
  tree: string,
  id: string,
  context: Pick<Context, 'scratch'>,
): Promise<void> {
  const now = await snapshotTree(tree, context);
  if (now === id) return;
  const changes = await gitText(tree, ['diff-tree', '-r', '--name-status', id, now]);
  throw labError({
    code: 'tree-changed',
    fault: 'infrastructure',
    doing: 'building a kernel',
    what: `${tree} was changed while it was built; the image was not kept`,
    next: 'Commit what you changed there and run `npm run lab -- series refresh`, or drop it with `npm run lab -- series reset`.',
    details: changes.split('\n').slice(0, 20),
  });
}
