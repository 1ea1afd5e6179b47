import type { Context } from '../harness/context.ts';
import { applySeries } from './apply.ts';
import type { Series, Source } from './base.ts';
import { readSeries } from './series.ts';
import { withTree } from './tree-lock.ts';
import { hasMoved, listChanges, readState, unfinishedOperation } from './worktree.ts';
import type { TreeState } from './worktree.ts';

/**
 * Returns the path of a base's work tree, with the series applied if it never was. Leaves
 * a tree that has one alone, whatever the patches say by now.
 */
export async function openTree(
  source: Source,
  context: Context,
  patchesFolder?: string,
): Promise<string> {
  if ((await readState(source.repository)) === undefined)
    await withTree(source.base, context, async () =>
      applySeries(source, await readSeries(source.base, undefined, patchesFolder), context),
    );
  return source.repository;
}

/**
 * Returns the path of a base's work tree, made anew if its patches are not the series'
 * first ones any more, as they are not once others were pulled: commits on top of the old ones
 * could not be refreshed. Leaves a tree that somebody works in alone. Throws what
 * applySeries() throws.
 */
export async function renewTree(
  source: Source,
  context: Context,
  patchesFolder?: string,
): Promise<string> {
  return withTree(source.base, context, async () => {
    const tree = source.repository;
    const series = await readSeries(source.base, undefined, patchesFolder);
    if (!isPrefix(await readState(tree), series) && !(await isWorkedIn(tree)))
      await applySeries(source, series, context);
    return tree;
  });
}

function isPrefix(state: TreeState | undefined, { patches }: Series): boolean {
  return state?.patches.every(({ hash }, index) => patches[index]?.hash === hash) ?? false;
}

async function isWorkedIn(tree: string): Promise<boolean> {
  if ((await hasMoved(tree)) || (await unfinishedOperation(tree)) !== undefined) return true;
  return (await listChanges(tree)).length > 0;
}
