import type { Context } from '../../harness/core/context.ts';
import type { Source } from '../base.ts';
import { committer, gitText } from '../git.ts';
import { droppedRefs } from './repository.ts';
import { withTree } from './tree-lock.ts';
import {
  abandonOperation,
  listChanges,
  listOwnCommits,
  readState,
  unfinishedOperation,
} from './worktree.ts';

/** What a reset dropped, and where it can still be had. */
export interface Dropped {
  readonly changes: readonly string[];
  readonly commits: readonly string[];
  /** Commands that bring it back. */
  readonly undo: readonly string[];
}

/**
 * Puts a base's tree back to what the lab checked out last and returns what was dropped.
 * Nothing is lost: changes go into git's stash, commits keep a ref.
 */
export async function resetTree(source: Source, context: Context): Promise<Dropped> {
  const tree = source.repository;
  return withTree(source.base, context, async () => {
    const undo: string[] = [];
    const inTree = `git -C ${tree}`;
    const changes = await listChanges(tree);
    if (changes.length > 0) {
      // Before the operation is given up: what is half merged is then kept as it is.
      await gitText(tree, ['add', '--all']);
      await gitText(tree, ['stash', 'push', '--quiet', '--message', 'lab series reset'], {
        settings: { 'user.name': committer.name, 'user.email': committer.email },
        variables: { GIT_COMMITTER_DATE: new Date().toISOString() },
      });
      undo.push(`${inTree} stash pop`);
    }
    if ((await unfinishedOperation(tree)) !== undefined) await abandonOperation(tree);
    const commits = await listOwnCommits(tree);
    if (commits.length > 0) {
      const ref = `${droppedRefs}/${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
      await gitText(tree, ['update-ref', ref, 'HEAD']);
      undo.unshift(`${inTree} checkout --detach ${ref}`);
    }
    const target = (await readState(tree))?.commit ?? source.commit;
    await gitText(tree, ['checkout', '--quiet', '--detach', target]);
    return { changes, commits, undo };
  });
}
