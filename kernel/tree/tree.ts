import type { Context } from '../../harness/core/context.ts';
import { applySeries } from './apply.ts';
import type { Source } from '../base.ts';
import { readSeries } from '../series/series.ts';
import { withTree } from './tree-lock.ts';
import {
  findChangedPatch,
  hasMoved,
  listChanges,
  readState,
  unfinishedOperation,
} from './worktree.ts';

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

export interface RenewOptions {
  /** As readSeries() takes it; the whole series by default. */
  readonly upto?: string | undefined;
  readonly patchesFolder?: string | undefined;
}

/**
 * Returns the path of a base's work tree, with exactly the series: another may have been
 * pulled since, and commits on top of the old one could not be refreshed; or a check of its
 * prefixes left the tree at one of them. Leaves a tree that somebody works in alone. Throws
 * what applySeries() throws.
 */
export async function renewTree(
  source: Source,
  context: Context,
  { upto, patchesFolder }: RenewOptions = {},
): Promise<string> {
  return withTree(source.base, context, async () => {
    const tree = source.repository;
    const series = await readSeries(source.base, upto, patchesFolder);
    const state = await readState(tree);
    const current =
      state?.patches.length === series.patches.length &&
      findChangedPatch(state, series) === undefined;
    if (!current && !(await isWorkedIn(tree))) await applySeries(source, series, context);
    return tree;
  });
}

async function isWorkedIn(tree: string): Promise<boolean> {
  if ((await hasMoved(tree)) || (await unfinishedOperation(tree)) !== undefined) return true;
  return (await listChanges(tree)).length > 0;
}
