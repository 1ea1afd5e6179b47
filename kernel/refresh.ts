import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../harness/context.ts';
import { labError } from '../harness/errors.ts';
import { commitSeries, knownCommits } from './apply.ts';
import type { Patch, Source } from './base.ts';
import { git, gitFailed, gitText } from './git.ts';
import { countedGroup, patchesFolder, readSeries } from './series.ts';
import { formatList, parseList } from './series-list.ts';
import { withTree } from './tree-lock.ts';
import { listChanges, readState, unfinishedOperation, writeState } from './worktree.ts';

/** What became of one patch file. */
export interface Refreshed {
  /** Relative to patches/<base>. */
  readonly file: string;
  readonly change: 'unchanged' | 'changed' | 'added' | 'removed' | 'renamed';
}

interface Planned {
  readonly group: string;
  readonly subject: string;
  readonly bytes: Buffer;
  /** The patch it was before, if it was one. */
  readonly was: Patch | undefined;
  /** Its name without number, for a commit that was no patch before. */
  readonly slug: string;
}

/**
 * Writes the commits of a base's tree back as its series and returns what became of each
 * patch. A commit the lab made from a patch keeps that patch's very bytes. If the tree
 * holds a prefix of the series, the patches behind it stay as they are. Before anything
 * is written, the new series is applied and must come to the very tree it was made from.
 * Throws `refresh-refused`, `refresh-differs` and what applySeries() throws.
 */
export async function refreshSeries(
  source: Source,
  context: Context,
  folder: string = patchesFolder,
): Promise<Refreshed[]> {
  return withTree(source.base, context, async () => {
    const tree = source.repository;
    await refuseUnfinished(source);
    const series = await readSeries(source.base, undefined, folder);
    const state = await readState(tree);
    const prefix = state?.patches ?? [];
    const moved = prefix.find(({ hash }, index) => series.patches[index]?.hash !== hash);
    if (moved !== undefined)
      throw refused(
        tree,
        `${moved.file} was changed after the tree was made from it, and the tree would overwrite that`,
        `Keep your commits under a branch there, \`npm run lab -- series reset\`, and rebase the branch on what it checks out.`,
      );
    const done = { ...series, patches: series.patches.slice(0, prefix.length) };
    const plans = [
      ...(await planCommits(source, series.patches, await knownCommits(source, done))),
      ...(await Promise.all(series.patches.slice(prefix.length).map(planPatch))),
    ];
    const named = nameAll(plans);
    const staged = join(context.scratch, 'patches');
    const list = parseList(await readFile(join(folder, source.base.name, 'series'), 'utf8'));
    const files = named.map(({ file, was }) => ({ file, was: was?.file }));
    const text = formatList(list, files);
    await writeAll(join(staged, source.base.name), named, text);
    await prove(source, staged, named.length - (series.patches.length - prefix.length), context);
    return install(join(folder, source.base.name), series.patches, named, text);
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
  const range = `${source.commit}..HEAD`;
  const merges = await gitText(tree, ['log', '--oneline', '--min-parents=2', range]);
  if (merges !== '')
    throw refused(
      tree,
      'its commits are not in a line',
      'Rebase them: a patch cannot be a merge.',
      [merges],
    );
  const fork = await gitText(tree, ['merge-base', source.commit, 'HEAD']).catch(() => '');
  if (fork !== source.commit)
    throw refused(
      tree,
      `HEAD does not come from ${source.base.name}`,
      'Check your branch out there.',
    );
}

/** What each commit of the tree becomes. */
async function planCommits(
  source: Source,
  patches: readonly Patch[],
  known: ReadonlyMap<string, Patch>,
): Promise<Planned[]> {
  const tree = source.repository;
  const range = `${source.commit}..HEAD`;
  const log = await gitText(tree, ['log', '--reverse', '--format=%H%x09%f%x09%s', range]);
  const plans: Planned[] = [];
  for (const line of log.split('\n').filter((found) => found !== '')) {
    const [commit = '', slug = '', subject = ''] = line.split('\t');
    const whole = known.get(commit);
    if (whole !== undefined) {
      plans.push(await planPatch(whole));
      continue;
    }
    const was = patches.find((patch) => patch.subject === subject);
    const group =
      plans.at(-1)?.group === countedGroup ? countedGroup : groupOf(subject, was, plans);
    const bytes = await formatPatch(tree, commit);
    plans.push({ group, subject, bytes, was, slug });
  }
  return plans;
}

async function planPatch(patch: Patch): Promise<Planned> {
  const slug = /([^/]*)\.patch$/.exec(patch.file)?.[1]?.replace(/^\d+-/, '') ?? '';
  const bytes = await readFile(patch.path);
  return { group: patch.group, subject: patch.subject, bytes, was: patch, slug };
}

function groupOf(subject: string, was: Patch | undefined, before: readonly Planned[]): string {
  if (was !== undefined) return was.group;
  if (subject.startsWith('toolchain')) return 'toolchain';
  return subject.startsWith('c/r') ? countedGroup : (before.at(-1)?.group ?? countedGroup);
}

/** The same bytes for the same commit, whoever's git and whatever its configuration. */
async function formatPatch(tree: string, commit: string): Promise<Buffer> {
  const form = ['--stdout', '--zero-commit', '--no-signature', '--full-index', '--no-numbered'];
  const args = ['format-patch', '-1', ...form, commit];
  const result = await git(tree, args);
  if (result.status !== 0) throw gitFailed(tree, args, result);
  return Buffer.from(result.stdout);
}

interface Named extends Planned {
  readonly file: string;
}

function nameAll(plans: readonly Planned[]): Named[] {
  const counts = new Map<string, number>();
  return plans.map((plan) => {
    const number = (counts.get(plan.group) ?? 0) + 1;
    counts.set(plan.group, number);
    // git's own names: 64 bytes with the suffix and a closing NUL.
    const name = `${String(number).padStart(4, '0')}-${plan.slug}`.slice(0, 57);
    return { ...plan, file: `${plan.group}/${name}.patch` };
  });
}

async function writeAll(root: string, named: readonly Named[], list: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
  for (const { file, bytes } of named) {
    const path = join(root, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'series'), list);
}

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
  if ((await readFile(path, 'utf8')) !== list) await replaceFile(path, list);
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
    doing: `refreshing the series from ${tree}`,
    what,
    next,
    details,
  });
}
