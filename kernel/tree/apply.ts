import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import type { Patch, PatchedTree, Series, Source } from '../base.ts';
import { explainFailure, explainSkip } from './apply-failure.ts';
import { committer, git, gitText } from '../git.ts';
import { appliedRefs } from './repository.ts';
import { stage } from '../stage.ts';
import { moveTree, writeState } from './worktree.ts';

/**
 * Returns the work tree with a series applied: one commit a patch, with `git am --3way`.
 * Patches that were applied on the same base before are not applied again. Throws
 * `patch-does-not-apply`, leaving the tree as it was, and `tree-has-work`. The caller
 * holds the tree's lock.
 */
export async function applySeries(
  source: Source,
  series: Series,
  context: Context,
): Promise<PatchedTree> {
  const what = `${series.patches.length} patches on ${source.base.name}`;
  return stage(context, 'tree', source.base.name, what, async () => {
    const { commits, applied } = await commitSeries(source, series, context);
    const commit = commits.at(-1) ?? source.commit;
    const path = source.repository;
    await moveTree(path, commit);
    const patches = series.patches.map(({ file, hash }) => ({ file, hash }));
    await writeState(path, { commit, patches });
    const id = await gitText(path, ['rev-parse', `${commit}^{tree}`]);
    const outcome = applied === 0 ? `${what}, all known` : `${what}, ${applied} newly applied`;
    return { value: { source, series, path, id, commit }, cached: applied === 0, what: outcome };
  });
}

/**
 * Makes the commits of a series without touching the work tree and returns them in order,
 * with how many of them are new.
 */
export async function commitSeries(
  source: Source,
  series: Series,
  context: Context,
): Promise<{ readonly commits: readonly string[]; readonly applied: number }> {
  const known = await readApplied(source.repository);
  const chain = chainOf(source, series);
  const found = chain.map((key) => known.get(key));
  const end = found.indexOf(undefined);
  const start = end < 0 ? found.length : end;
  const commits = found.slice(0, start).filter((commit) => commit !== undefined);
  const rest = series.patches.slice(start);
  if (rest.length === 0) return { commits, applied: 0 };
  const fresh = await applyInScratch(
    source,
    series,
    commits.at(-1) ?? source.commit,
    rest,
    context,
  );
  const updates = fresh.map(
    (commit, index) => `update ${appliedRefs}/${chain[start + index] ?? ''} ${commit}\n`,
  );
  await gitText(source.repository, ['update-ref', '--stdin'], { input: updates.join('') });
  return { commits: [...commits, ...fresh], applied: fresh.length };
}

/** Returns the commits the lab made of a series' patches, each with its patch. */
export async function knownCommits(
  source: Source,
  series: Series,
): Promise<ReadonlyMap<string, Patch>> {
  const applied = await readApplied(source.repository);
  const found = new Map<string, Patch>();
  for (const [index, key] of chainOf(source, series).entries()) {
    const [commit, patch] = [applied.get(key), series.patches[index]];
    if (commit !== undefined && patch !== undefined) found.set(commit, patch);
  }
  return found;
}

/** A key per prefix: of the base's commit and every patch up to there. */
function chainOf(source: Source, series: Series): string[] {
  let last = `${source.commit} ${committer.email} ${committer.date}`;
  return series.patches.map((patch) => {
    last = createHash('sha256').update(`${last} ${patch.hash}`).digest('hex');
    return last.slice(0, 40);
  });
}

async function readApplied(repository: string): Promise<Map<string, string>> {
  const format = '--format=%(refname) %(objectname)';
  const refs = await gitText(repository, ['for-each-ref', format, `${appliedRefs}/`]);
  return new Map(
    refs.split('\n').map((line) => {
      const [name = '', commit = ''] = line.split(' ');
      return [name.slice(appliedRefs.length + 1), commit] as const;
    }),
  );
}

/**
 * Runs `git am` in a work tree of its own that holds nothing but the files the series
 * touches: a failure leaves nothing behind, and a big kernel costs nothing.
 */
async function applyInScratch(
  source: Source,
  series: Series,
  start: string,
  patches: readonly Patch[],
  context: Context,
): Promise<string[]> {
  const { repository, base } = source;
  const { signal } = context;
  const scratch = await mkdtemp(join(context.scratch, 'am-'));
  const settings = { 'core.sparseCheckout': 'true' };
  await gitText(repository, ['worktree', 'prune']);
  await gitText(repository, [
    'worktree',
    'add',
    '--quiet',
    '--no-checkout',
    '--detach',
    scratch,
    start,
  ]);
  try {
    const sparse = await gitText(scratch, ['rev-parse', '--git-path', 'info/sparse-checkout']);
    const files = [...new Set(series.patches.flatMap((patch) => patch.files))];
    await writeSparse(scratch, sparse, files);
    await gitText(scratch, ['read-tree', '-mu', 'HEAD'], { settings, signal });
    let done = 0;
    const args = ['am', '--3way', '--keep-cr', '--whitespace=nowarn', '--'];
    const result = await git(scratch, [...args, ...patches.map((patch) => patch.path)], {
      settings: { ...settings, 'user.name': committer.name, 'user.email': committer.email },
      signal,
      onLine: (line) => {
        if (!line.startsWith('Applying: ')) return;
        done += 1;
        const progress = { done, total: patches.length, unit: 'patches' };
        context.emit({ type: 'stage-progress', stage: 'tree', base: base.name, ...progress });
      },
    });
    const list = await gitText(scratch, ['rev-list', '--reverse', `${start}..HEAD`]);
    const commits = list.split('\n').filter((line) => line !== '');
    if (result.status !== 0) {
      const failed = patches[commits.length];
      throw await explainFailure(scratch, base, failed, result, settings);
    }
    if (commits.length !== patches.length) throw explainSkip(base, patches, result);
    return commits;
  } finally {
    await git(repository, ['worktree', 'remove', '--force', '--force', scratch]);
    await rm(scratch, { recursive: true, force: true });
  }
}

async function writeSparse(scratch: string, path: string, files: readonly string[]): Promise<void> {
  const target = path.startsWith('/') ? path : join(scratch, path);
  const patterns = files.map((file) => `/${file.replaceAll(/[\\*?[\]]/g, '\\$&')}\n`);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, patterns.join(''));
}
