import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import type { Series, Source } from '../base.ts';
import { commitsOf } from './blame.ts';
import { git } from '../git.ts';

/**
 * Writes the files that a series touches into a folder, as they are after its last patch: the
 * work tree may be elsewhere. Files that the series removes are left out.
 */
export async function writeSeriesFiles(
  source: Source,
  series: Series,
  folder: string,
  context: Context,
): Promise<void> {
  const tip = [...(await commitsOf(source, series, context)).keys()].at(-1);
  if (tip === undefined) return;
  for (const file of new Set(series.patches.flatMap((patch) => patch.files))) {
    const { status, stdout } = await git(source.repository, ['show', `${tip}:${file}`]);
    if (status !== 0) continue;
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), stdout);
    // A debugger warns of a source that is younger than what it debugs.
    await utimes(join(folder, file), 0, 0);
  }
}
