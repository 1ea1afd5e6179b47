import type { Context } from '../harness/context.ts';
import { applySeries } from './apply.ts';
import type { Source } from './base.ts';
import { readSeries } from './series.ts';
import { withTree } from './tree-lock.ts';
import { readState } from './worktree.ts';

/**
 * Returns the path of a base's work tree, with the series applied if it never was. Leaves
 * a tree that somebody works in alone.
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
