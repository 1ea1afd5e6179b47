import { labError } from '../../harness/core/errors.ts';
import type { Source } from '../base.ts';
import { gitText } from '../git.ts';

/**
 * Throws `tree-tangled` unless a base's work tree is a line of commits on that base, with nothing
 * left half merged: only that can be a series.
 */
export async function refuseTangle(source: Source, doing: string): Promise<void> {
  const tree = source.repository;
  const unmerged = await gitText(tree, ['diff', '--name-only', '--diff-filter=U']);
  if (unmerged !== '')
    throw tangled(
      doing,
      'it has conflicts that are not resolved',
      'Resolve them there.',
      unmerged.split('\n'),
    );
  const fork = await gitText(tree, ['merge-base', source.commit, 'HEAD']).catch(() => '');
  if (fork !== source.commit)
    throw tangled(
      doing,
      `HEAD does not come from ${source.base.name}`,
      'Check your branch out there.',
    );
  const merges = await gitText(tree, [
    'log',
    '--oneline',
    '--min-parents=2',
    `${source.commit}..HEAD`,
  ]);
  if (merges !== '')
    throw tangled(
      doing,
      'its commits are not in a line',
      'Rebase them: a patch cannot be a merge.',
      merges.split('\n'),
    );
}

function tangled(
  doing: string,
  what: string,
  next: string,
  details: readonly string[] = [],
): Error {
  return labError({ code: 'tree-tangled', fault: 'patch', doing, what, next, details });
}
