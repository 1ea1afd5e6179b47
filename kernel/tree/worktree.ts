import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { labError } from '../../harness/core/errors.ts';
import type { Series } from '../base.ts';
import { git, gitText } from '../git.ts';
import { appliedRefs } from './repository.ts';

const stateShape = z.object({
  /** The commit the lab checked out last. */
  commit: z.string(),
  /** The patches after it, in order. */
  patches: z.array(z.object({ file: z.string(), hash: z.string() })),
});
export type TreeState = z.infer<typeof stateShape>;

/** Returns what the lab checked out last in a tree; undefined if nothing but the base. */
export async function readState(tree: string): Promise<TreeState | undefined> {
  const text = await readFile(join(tree, '.git', 'lab-tree.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return stateShape.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Returns the first patch that the lab checked out and the series has changed since. */
export function findChangedPatch(
  { patches }: TreeState,
  series: Series,
): TreeState['patches'][number] | undefined {
  return patches.find(({ hash }, index) => series.patches[index]?.hash !== hash);
}

/** Records what the lab checked out. */
export async function writeState(tree: string, state: TreeState): Promise<void> {
  await writeFile(join(tree, '.git', 'lab-tree.json'), JSON.stringify(state, null, 1));
}

/**
 * Returns whether the tree was moved since the lab left it: commits or a checkout of the
 * user's own. Reads one file and runs nothing.
 */
export async function hasMoved(tree: string): Promise<boolean> {
  const state = await readState(tree);
  const head = await readFile(join(tree, '.git', 'HEAD'), 'utf8').catch(() => '');
  return state !== undefined && head.trim() !== state.commit;
}

/**
 * Checks a commit out, touching only the files that differ, so that make rebuilds only
 * what it must. Throws `tree-has-work` rather than lose anything of the user's.
 */
export async function moveTree(tree: string, commit: string): Promise<void> {
  await refuseWork(tree);
  const head = await gitText(tree, ['rev-parse', 'HEAD']);
  if (head !== commit) await gitText(tree, ['checkout', '--quiet', '--detach', commit]);
}

/** Throws `tree-has-work` if a tree holds changes or commits that the lab did not make. */
export async function refuseWork(tree: string): Promise<void> {
  const busy = await unfinishedOperation(tree);
  if (busy !== undefined)
    throw treeHasWork(
      tree,
      `a ${busy} is under way in it`,
      `Finish it there, then \`npm run lab -- series refresh\` keeps its commits; \`npm run lab -- series reset\` drops everything.`,
    );
  const changes = await listChanges(tree);
  if (changes.length > 0)
    throw treeHasWork(
      tree,
      'it has changes that are not committed',
      `Run what stands there with --tree, commit it and keep it with \`npm run lab -- series refresh\`, or drop it with \`npm run lab -- series reset\`.`,
      changes.slice(0, 20),
    );
  const own = await listOwnCommits(tree);
  if (own.length > 0)
    throw treeHasWork(
      tree,
      'it has commits that are not in the series',
      'Run them with --tree, keep them with `npm run lab -- series refresh`, or drop them with `npm run lab -- series reset`.',
      own.slice(0, 20),
    );
}

/** Returns the changed, removed and new files of a tree, in `git status`'s short form. */
export async function listChanges(tree: string): Promise<string[]> {
  const status = await gitText(tree, ['status', '--porcelain', '--untracked-files=normal']);
  return status.split('\n').filter((line) => line !== '');
}

/** Returns the commits below HEAD that the lab did not make, newest first, one line each. */
export async function listOwnCommits(tree: string): Promise<string[]> {
  const log = await gitText(tree, ['log', '--oneline', 'HEAD', '--not', `--glob=${appliedRefs}/*`]);
  return log.split('\n').filter((line) => line !== '');
}

/** Returns what git operation was left half-way in a tree, in git's word for it. */
export async function unfinishedOperation(tree: string): Promise<string | undefined> {
  const signs = [
    ['rebase-merge', 'rebase'],
    ['rebase-apply', 'rebase or am'],
    ['MERGE_HEAD', 'merge'],
    ['CHERRY_PICK_HEAD', 'cherry-pick'],
    ['REVERT_HEAD', 'revert'],
  ] as const;
  for (const [name, operation] of signs) {
    const found = await access(join(tree, '.git', name)).then(
      () => true,
      () => false,
    );
    if (found) return operation;
  }
  return undefined;
}

/** Takes back an unfinished operation's state, so that the tree can be moved again. */
export async function abandonOperation(tree: string): Promise<void> {
  for (const operation of ['rebase', 'am', 'merge', 'cherry-pick', 'revert'])
    await git(tree, [operation, '--quit']);
}

function treeHasWork(tree: string, what: string, next: string, details: string[] = []): Error {
  return labError({
    code: 'tree-has-work',
    fault: 'patch',
    doing: `checking out the series in ${tree}`,
    what,
    next,
    details,
  });
}
