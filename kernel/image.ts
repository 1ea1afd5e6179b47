import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { architectures } from '../harness/core/architectures.ts';
import { keep, keyOf } from '../harness/store/cache.ts';
import type { CacheEntry } from '../harness/store/cache.ts';
import type { Context } from '../harness/core/context.ts';
import type { LabHome } from '../harness/core/home.ts';
import { applySeries } from './tree/apply.ts';
import type { Base, Image, Series, Source } from './base.ts';
import { buildKernel } from './build/build.ts';
import type { BuildFacts } from './build/build.ts';
import { identifyCompiler } from './build/compiler.ts';
import { configure } from './build/config.ts';
import { openDraft, readDraft } from './tree/draft.ts';
import type { Draft } from './tree/draft.ts';
import { readFragments } from './build/fragments.ts';
import type { Fragment } from './build/fragments.ts';
import { readSeries } from './series/series.ts';
import { acquireSource } from './source/source.ts';
import { findSource } from './source/source-record.ts';
import { waitingFor, withTree } from './tree/tree-lock.ts';
import { openTree } from './tree/tree.ts';
import { hasMoved } from './tree/worktree.ts';

/** Raised when the same inputs come to mean another image. */
const recipe = 1;

export interface ImageOptions {
  readonly base: Base;
  /** Where the source is, if not where the lab looks by itself. */
  readonly source?: string | undefined;
  /** The last patch: a number of the series, or words of its subject. */
  readonly upto?: string | number | undefined;
  /** Instead of the patches: the base's work tree as it stands, committed or not. */
  readonly draft?: boolean | undefined;
  /** Names of configuration fragments; default all of the base's. */
  readonly fragments?: readonly string[] | undefined;
  /** Where series and fragments are; default the repository's own. */
  readonly patchesFolder?: string | undefined;
  readonly configFolder?: string | undefined;
}

/**
 * Returns the image's key: everything that went into it, without looking at the tree. The
 * compiler is asked who it is where `identity` does not say it.
 */
export async function imageKey(
  source: Source,
  series: Series,
  fragments: readonly Fragment[],
  identity?: string,
): Promise<string> {
  const { base } = source;
  return keyOf({
    recipe,
    source: source.id,
    patches: series.patches.map((patch) => patch.hash),
    config: base.config,
    fragments: fragments.map(({ name, text }) => ({ name, text })),
    compiler: [base.compiler, base.hostCompiler],
    identity: identity ?? (await identifyCompiler(base)),
    variables: base.makeVariables,
    pinned: [base.pinnedCommands, base.pinnedTime],
  });
}

/**
 * Returns the folder of an image that is kept, of a source that is there, without looking at its
 * tree; undefined if there is none.
 */
export async function findImage(
  {
    base,
    upto,
    fragments: names,
    patchesFolder,
    configFolder,
  }: Omit<ImageOptions, 'source' | 'draft'>,
  home: LabHome,
): Promise<string | undefined> {
  const source = await findSource(base, home);
  if (source === undefined) return undefined;
  const series = await readSeries(base, upto, patchesFolder);
  const key = await imageKey(source, series, await readFragments(base, names, configFolder));
  const folder = join(home.images, key);
  return existsSync(folder) ? folder : undefined;
}

/**
 * Returns the image of a base with its series, building only what is not cached: an
 * unchanged lab reads a few small files and runs two programs for their versions. Throws
 * what the stages throw.
 */
export async function makeImage(options: ImageOptions, context: Context): Promise<Image> {
  const { base, upto, patchesFolder, configFolder } = options;
  const landed = await readSeries(base, upto, patchesFolder);
  const fragments = await readFragments(base, options.fragments, configFolder);
  const source = await acquireSource(base, { from: options.source }, context);
  const draft =
    options.draft === true ? await draftOf(source, landed, options, context) : undefined;
  const series = draft?.series ?? landed;
  if (draft === undefined && (await hasMoved(source.repository))) {
    const text = `${source.repository} has been moved by hand; what runs here is the series as its patches say (--tree runs what stands there)`;
    context.emit({ type: 'warning', text });
  }
  const compiler = await identifyCompiler(base);
  const key = await imageKey(source, series, fragments, compiler);
  const start = performance.now();
  const make = (output: string): Promise<void> =>
    withTree(base, context, async () => {
      const tree =
        draft === undefined
          ? await applySeries(source, series, context)
          : await openDraft(source, draft, context);
      const names = fragments.map((fragment) => fragment.name);
      // A work tree may stand anywhere in the series.
      const partial =
        draft !== undefined || (upto !== undefined && (await isPartial(series, patchesFolder)));
      const wanted = { fragments: names, configFolder, partial };
      await buildKernel(await configure(tree, wanted, context), output, context);
    });
  const entry = await keep(context.home.images, key, make, waitingFor(base, context));
  if (entry.damage !== undefined)
    context.emit({
      type: 'warning',
      text: `the cached image ${key} was made again: ${entry.damage}`,
    });
  if (entry.hit) tellCached(base, key, Math.round(performance.now() - start), context);
  return imageOf(source, series, { key, compiler }, entry);
}

/** A work tree that never had the series is given it first. */
async function draftOf(
  source: Source,
  landed: Series,
  { base, patchesFolder }: ImageOptions,
  context: Context,
): Promise<Draft> {
  await openTree(source, context, patchesFolder);
  return withTree(base, context, () => readDraft(source, landed, context));
}

async function imageOf(
  source: Source,
  series: Series,
  { key, compiler }: Pick<Image, 'key' | 'compiler'>,
  entry: CacheEntry,
): Promise<Image> {
  const { path } = entry;
  const facts = await readFacts(path);
  return {
    base: source.base,
    source,
    series,
    key,
    compiler,
    kernel: join(path, basename(architectures[source.base.architecture].kernel.boot)),
    vmlinux: join(path, 'vmlinux'),
    systemMap: join(path, 'System.map'),
    config: join(path, 'config'),
    buildLog: join(path, 'build.log'),
    warnings: facts.warnings,
    cached: entry.hit,
  };
}

/** Returns what is recorded about an image's build, from its folder. */
export async function readFacts(folder: string): Promise<BuildFacts> {
  // Its checksum was compared when the entry was opened.
  return JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as BuildFacts;
}

async function isPartial(series: Series, folder: string | undefined): Promise<boolean> {
  const whole = await readSeries(series.base, undefined, folder);
  return series.patches.length < whole.patches.length;
}

function tellCached(base: Base, key: string, milliseconds: number, context: Context): void {
  const event = { stage: 'build', base: base.name } as const;
  context.emit({ type: 'stage-started', ...event, what: `kernel ${base.name}` });
  const what = `image ${key}`;
  context.emit({ type: 'stage-ended', ...event, cached: true, milliseconds, what });
}
