import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHome } from '../../harness/core/home.ts';
import type { Base } from '../base.ts';
import { committer, gitText } from '../git.ts';

/** Every commit the lab made is held by a ref below this one. */
export const appliedRefs = 'refs/lab/applied';
/** What `lab series reset` dropped stays reachable below this one. */
export const droppedRefs = 'refs/lab/dropped';

/** Returns the folder of a base's tree: work tree and git repository in one. */
export function treeOf(home: LabHome, base: Base): string {
  return join(home.trees, base.tree ?? base.name);
}

/** Makes an empty git repository in a folder, one that takes every file as it is. */
export async function createRepository(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await gitText(path, ['init', '--quiet', '--initial-branch=lab', '.']);
  for (const [name, value] of [
    ['core.autocrlf', 'false'],
    ['core.fileMode', 'true'],
    // Automatic garbage collection would repack a kernel in the middle of a run.
    ['gc.auto', '0'],
  ] as const)
    await gitText(path, ['config', name, value]);
  // Outranks whatever .gitattributes the source carries: its bytes are its identity.
  await mkdir(join(path, '.git', 'info'), { recursive: true });
  await writeFile(
    join(path, '.git', 'info', 'attributes'),
    '* -text -ident -filter -working-tree-encoding\n',
  );
}

/** Commits a tree as the repository's first commit, checked out by name only; returns its id. */
export async function commitBase(path: string, tree: string, message: string): Promise<string> {
  const commit = await gitText(path, ['commit-tree', tree, '-m', message], {
    variables: {
      GIT_AUTHOR_NAME: committer.name,
      GIT_AUTHOR_EMAIL: committer.email,
      GIT_AUTHOR_DATE: committer.date,
    },
  });
  await gitText(path, ['update-ref', `${appliedRefs}/base`, commit]);
  await gitText(path, ['update-ref', '--no-deref', 'HEAD', commit]);
  return commit;
}
