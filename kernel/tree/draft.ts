import { join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import { labError } from '../../harness/core/errors.ts';
import { commitSeries, knownCommits } from './apply.ts';
import type { PatchedTree, Series, Source } from '../base.ts';
import { nameAll, planCommits, writeAll } from '../series/commit-plan.ts';
import { committer, gitText } from '../git.ts';
import { refuseTangle } from '../series/line.ts';
import { readSeries } from '../series/series.ts';
import { refuseChanges, snapshotTree } from './snapshot.ts';
import { stage } from '../stage.ts';

/** A work tree as it stands, as a series. */
export interface Draft {
  /** Its commits, and what is not committed as one more patch. */
  readonly series: Series;
  /** Git tree id of its files. */
  readonly id: string;
}

/** The subject of the patch that holds what is not committed. */
export const uncommitted = 'changes that are not committed yet';

/**
 * Returns a base's work tree as it stands: commits that nobody has written back to patches/ yet,
 * and files that were only saved. The tree is read and left as it is; commits that are patches of
 * the `landed` series keep their names. Throws `tree-tangled` for one that no line of patches
 * comes to. The caller holds the tree's lock.
 */
export async function readDraft(source: Source, landed: Series, context: Context): Promise<Draft> {
  const tree = source.repository;
  await refuseTangle(source, 'reading the work tree as it stands');
  const id = await snapshotTree(tree, context);
  const tip = await commitChanges(tree, id);
  const known = await knownCommits(source, landed);
  const named = nameAll(await planCommits(source, landed.patches, known, tip));
  const drafts = join(context.scratch, 'draft');
  const list = named.map(({ file }) => `${file}\n`).join('');
  await writeAll(join(drafts, source.base.name), named, list);
  return { series: await readSeries(source.base, undefined, drafts), id };
}

/**
 * Returns the tree of a draft, ready to be built where it is: nothing is checked out. Throws
 * `tree-changed` if it is another by now, and `draft-differs` if its patches do not come to it.
 * The caller holds the tree's lock.
 */
export async function openDraft(
  source: Source,
  { series, id }: Draft,
  context: Context,
): Promise<PatchedTree> {
  const path = source.repository;
  const count = `${series.patches.length} patches on ${source.base.name}`;
  return stage(context, 'tree', source.base.name, `${path} as it stands`, async () => {
    await refuseChanges(path, id, context);
    const { commits, applied } = await commitSeries(source, series, context);
    const commit = commits.at(-1) ?? source.commit;
    const made = await gitText(path, ['rev-parse', `${commit}^{tree}`]);
    if (made !== id) throw draftDiffers(path, await gitText(path, ['diff', '--stat', made, id]));
    const value = { source, series, path, id, commit };
    return { value, cached: applied === 0, what: `${path} as it stands, ${count}` };
  });
}

/** Returns HEAD, or a commit on it of what is not committed; no branch moves. */
async function commitChanges(tree: string, id: string): Promise<string> {
  const [head = '', committed] = (await gitText(tree, ['rev-parse', 'HEAD', 'HEAD^{tree}'])).split(
    '\n',
  );
  if (id === committed) return head;
  return gitText(tree, ['commit-tree', id, '-p', head, '-m', uncommitted], {
    variables: {
      GIT_AUTHOR_NAME: committer.name,
      GIT_AUTHOR_EMAIL: committer.email,
      GIT_AUTHOR_DATE: committer.date,
    },
  });
}

function draftDiffers(tree: string, difference: string): Error {
  return labError({
    code: 'draft-differs',
    fault: 'patch',
    doing: `reading ${tree} as it stands`,
    what: 'its commits, as patches, do not come to the same files',
    next: 'Look for what a patch cannot carry: line endings, empty files, modes.',
    details: difference.split('\n'),
  });
}
