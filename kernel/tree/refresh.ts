import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import { labError } from '../../harness/core/errors.ts';
import { commitSeries, knownCommits } from './apply.ts';
import type { Patch, Source } from '../base.ts';
import { nameAll, planCommits, planPatch, writeAll, type Named } from '../series/commit-plan.ts';
import { gitText } from '../git.ts';
import { refuseTangle } from '../series/line.ts';
import { readSeries, seriesFolder } from '../series/series.ts';
import { formatList, parseList } from '../series/series-list.ts';
import { withTree } from './tree-lock.ts';
import {
  findChangedPatch,
  listChanges,
  readState,
  unfinishedOperation,
  writeState,
} from './worktree.ts';

/** What became of one patch file. */
export interface Refreshed {
  /** Relative to patches/<base>. */
  readonly file: string;
  readonly change: 'unchanged' | 'changed' | 'added' | 'removed' | 'renamed';
}

/**
 * Writes the commits of a base's tree back as its series and returns what became of each
 * patch. A commit the lab made from a patch keeps that patch's very bytes. If the tree
 * holds a prefix of the series, the patches after it stay as they are. Before anything
 * is written, the new series is applied and must come to the very tree it was made from.
 * Throws `refresh-refused`, `tree-tangled`, `refresh-differs` and what applySeries() throws.
 */
export async function refreshSeries(
  source: Source,
  context: Context,
  folder?: string,
): Promise<Refreshed[]> {
  return withTree(source.base, context, async () => {
    const tree = source.repository;
    await refuseUnfinished(source);
    const series = await readSeries(source.base, undefined, folder);
    const state = await readState(tree);
    const prefix = state?.patches ?? [];
    const changed = state && findChangedPatch(state, series);
    if (changed !== undefined)
      throw refused(
        tree,
        `${changed.file} was changed after the tree was made from it, and the tree would overwrite that`,
        `Keep your commits under a branch there, \`npm run lab -- series reset\`, and rebase the branch on what it checks out.`,
      );
    const done = { ...series, patches: series.patches.slice(0, prefix.length) };
    const plans = [
      ...(await planCommits(source, series.patches, await knownCommits(source, done))),
      ...(await Promise.all(series.patches.slice(prefix.length).map(planPatch))),
    ];
    const named = nameAll(plans);
    const staged = join(context.scratch, 'patches');
    const root = seriesFolder(source.base, folder);
    const list = parseList(await readFile(join(root, 'series'), 'utf8').catch(() => ''));
    const files = named.map(({ file, was }) => ({ file, was: was?.file }));
    const text = formatList(list, files);
    await writeAll(join(staged, source.base.name), named, text);
    await prove(source, staged, named.length - (series.patches.length - prefix.length), context);
    return install(root, series.patches, named, text);
  });
}

async function refuseUnfinished(source: Source): Promise<void> {
  const tree = source.repository;
  const operation = await unfinishedOperation(tree);
  if (operation !== undefined)
    throw refused(tree, `a ${operation} is under way in it`, 'Finish it there first.');
  const changes = await listChanges(tree);
  if (changes.length > 0)
    throw refused(
      tree,
      'it has changes that are not committed',
      'Commit them there first.',
      changes,
    );
  await refuseTangle(source, doing(tree));
}

const doing = (tree: string) => `refreshing the series from ${tree}`;

/** Applies the new series and moves HEAD to the lab's own commits of it: the same files. */
async function prove(
  source: Source,
  staged: string,
  count: number,
  context: Context,
): Promise<void> {
  const tree = source.repository;
  const whole = await readSeries(source.base, undefined, staged);
  const series = { ...whole, patches: whole.patches.slice(0, count) };
  const { commits } = await commitSeries(source, series, context);
  const commit = commits.at(-1) ?? source.commit;
  const [head, made] = await Promise.all(
    ['HEAD', commit].map((name) => gitText(tree, ['rev-parse', `${name}^{tree}`])),
  );
  if (head !== made)
    throw labError({
      code: 'refresh-differs',
      fault: 'patch',
      doing: 'refreshing the series',
      what: `the patches do not come to the tree they were made from (${made ?? ''}, not ${head ?? ''})`,
      next: 'Nothing was written. Look for what a patch cannot carry: line endings, empty files, modes.',
      details: (await gitText(tree, ['diff', '--stat', commit, 'HEAD'])).split('\n'),
    });
  await gitText(tree, ['checkout', '--quiet', '--detach', commit]);
  await writeState(tree, {
    commit,
    patches: series.patches.map(({ file, hash }) => ({ file, hash })),
  });
}

async function install(
  root: string,
  old: readonly Patch[],
  named: readonly Named[],
  list: string,
): Promise<Refreshed[]> {
  const results: Refreshed[] = [];
  for (const { file, bytes, was } of named) {
    const before = await readFile(join(root, file)).catch(() => undefined);
    const same = was !== undefined && (await readFile(was.path)).equals(bytes);
    if (was === undefined) results.push({ file, change: 'added' });
    else if (!same) results.push({ file, change: 'changed' });
    else results.push({ file, change: was.file === file ? 'unchanged' : 'renamed' });
    if (before?.equals(bytes) !== true) await replaceFile(join(root, file), bytes);
  }
  const kept = new Set(named.map(({ file }) => file));
  const known = new Set(named.map(({ was }) => was?.file));
  for (const patch of old) {
    if (kept.has(patch.file)) continue;
    await rm(patch.path);
    if (!known.has(patch.file)) results.push({ file: patch.file, change: 'removed' });
  }
  const path = join(root, 'series');
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== list) await replaceFile(path, list);
  return results;
}

async function replaceFile(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

function refused(tree: string, what: string, next: string, details: readonly string[] = []): Error {
  return labError({
    code: 'refresh-refused',
    fault: 'patch',
    doing: doing(tree),
    what,
    next,
    details,
  });
}
