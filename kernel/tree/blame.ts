import type { Context } from '../../harness/core/context.ts';
import { commitSeries, knownCommits } from './apply.ts';
import type { Patch, Series, Source } from '../base.ts';
import { git } from '../git.ts';
import { withTree } from './tree-lock.ts';

/** A line of a file of the patched tree. */
export interface Line {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Returns, for each line, the patch of the series that wrote it; undefined for the base's own. */
export type Blame = (lines: readonly Line[]) => Promise<readonly (Patch | undefined)[]>;

/** Milliseconds another lab may keep the tree before a blame goes without. */
const patience = 10_000;

/**
 * Returns a blame of a tree with a series applied. It looks at the commits of the series, not
 * at the work tree, which may have moved since the image in question was built.
 */
export function createBlame(source: Source, series: Series, context: Context): Blame {
  let found: Promise<ReadonlyMap<string, Patch>> | undefined;
  return async (lines) => {
    const patches = await (found ??= commitsOf(source, series, context));
    const tip = [...patches.keys()].at(-1);
    if (tip === undefined) return lines.map(() => undefined);
    const files = new Map<string, Map<number, string>>();
    for (const { file } of lines)
      if (!files.has(file)) files.set(file, await blameFile(source.repository, tip, file));
    return lines.map(({ file, line }) => patches.get(files.get(file)?.get(line) ?? ''));
  };
}

/**
 * Returns the commits of a series with their patches, in order. An image may come from a cache
 * that holds no tree: they are made again then.
 */
export async function commitsOf(
  source: Source,
  series: Series,
  context: Context,
): Promise<ReadonlyMap<string, Patch>> {
  const known = await knownCommits(source, series);
  if (known.size === series.patches.length) return known;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(patience)]);
  const quiet = { ...context, signal, emit: () => undefined };
  await withTree(source.base, quiet, () => commitSeries(source, series, quiet));
  return knownCommits(source, series);
}

/** Returns the commits that wrote a file's lines, by line; none for one that was generated. */
async function blameFile(
  repository: string,
  commit: string,
  file: string,
): Promise<Map<number, string>> {
  // All of it: a range that the file does not have would be an error.
  const { status, stdout } = await git(repository, ['blame', '--porcelain', commit, '--', file]);
  if (status !== 0) return new Map();
  const found = stdout.matchAll(/^([0-9a-f]{40}) \d+ (\d+)/gm);
  return new Map([...found].map(([, by = '', line]) => [Number(line), by]));
}
