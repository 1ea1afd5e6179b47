import { join } from 'node:path';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Context } from '../../harness/core/context.ts';
import type { Image } from '../base.ts';
import { committer, gitText } from '../git.ts';
import { commitsOf } from './blame.ts';

/**
 * Returns a patch, as `git format-patch` writes it, that gives files of a patched tree other
 * texts. The same texts are the same patch; neither the work tree nor its branch changes.
 */
export async function makeChangePatch(
  { source, series }: Pick<Image, 'source' | 'series'>,
  files: ReadonlyMap<string, string>,
  message: string,
  context: Context,
): Promise<string> {
  const { repository } = source;
  const tip = [...(await commitsOf(source, series, context)).keys()].at(-1) ?? source.commit;
  const folder = await mkdtemp(join(context.scratch, 'change-'));
  const variables = {
    GIT_INDEX_FILE: join(folder, 'index'),
    GIT_AUTHOR_NAME: committer.name,
    GIT_AUTHOR_EMAIL: committer.email,
    GIT_AUTHOR_DATE: committer.date,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: committer.date,
  };
  const git = (args: readonly string[]) => gitText(repository, args, { variables });
  try {
    await git(['read-tree', tip]);
    const kept: string[] = [];
    for (const [index, text] of [...files.values()].entries()) {
      const path = join(folder, `text-${index}`);
      kept.push(path);
      await writeFile(path, text);
    }
    const hashes = (await git(['hash-object', '-w', '--', ...kept])).split('\n');
    const entries = [...files.keys()].flatMap((path, index) => [
      '--cacheinfo',
      `100644,${hashes[index] ?? ''},${path}`,
    ]);
    await git(['update-index', '--add', ...entries]);
    const tree = await git(['write-tree']);
    const commit = await git(['commit-tree', tree, '-p', tip, '-m', message]);
    const out = ['--output-directory', folder, '--numbered-files'];
    await git(['format-patch', '-1', '--no-signature', '--no-renames', ...out, commit]);
    return await readFile(join(folder, '1'), 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
