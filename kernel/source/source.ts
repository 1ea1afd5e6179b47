import { access, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import { hasCode } from '../../harness/core/errors.ts';
import type { Base, Source } from '../base.ts';
import { download } from './download.ts';
import { importArchive } from './source-archive.ts';
import { importPackage } from './source-debian.ts';
import { namedSource, noSource, unusableSource, wrongSource } from './source-errors.ts';
import { expectedOf, importFolder } from './source-folder.ts';
import { findGitFolder, findTree, importTree } from './source-git.ts';
import type { Imported, ImportOptions } from './source-git.ts';
import { renewSource } from './source-renew.ts';
import { findSource, isRemote, readRecord, stampOf, writeRecord } from './source-record.ts';
import { stage } from '../stage.ts';
import { gitText } from '../git.ts';
import { withTree } from '../tree/tree-lock.ts';
import { refuseWork } from '../tree/worktree.ts';
import { treeOf } from '../tree/repository.ts';

export interface SourceOptions {
  /** A git repository, an unpacked source or a tarball; default the base's variable. */
  readonly from?: string | undefined;
}

/**
 * Returns a base's verified source: from the lab's home if it is there, else from the
 * place named, else from kernel.org or Debian. Throws `source-unavailable`,
 * `source-unusable` or `source-id-mismatch`, keeping nothing of what it refused.
 */
export async function acquireSource(
  base: Base,
  options: SourceOptions,
  context: Context,
): Promise<Source> {
  const from = options.from ?? namedSource(base);
  return stage(context, 'source', base.name, `source of ${base.name}`, async () => {
    const have = await findKnown(base, from, context);
    if (have !== undefined) return { value: have, cached: true, what: have.origin };
    return withTree(base, context, async () => {
      // Another lab may have imported it while this one waited.
      const others = await findKnown(base, from, context);
      const value = others ?? (await importSource(base, from, context));
      return { value, cached: others !== undefined, what: value.origin };
    });
  });
}

/** The source in the home, unless a place is named that has not been looked into. */
async function findKnown(
  base: Base,
  from: string | undefined,
  context: Context,
): Promise<Source | undefined> {
  const have = await findSource(base, context.home);
  if (have === undefined || from === undefined) return have;
  const { path, stamp } = await stampOf(from);
  const record = await readRecord(have.repository);
  const known = record?.places.some((place) => place.path === path && place.stamp === stamp);
  return known === true ? have : undefined;
}

async function importSource(
  base: Base,
  from: string | undefined,
  context: Context,
): Promise<Source> {
  const { home, signal } = context;
  const staging = await freshStaging(home.trees, base);
  const options: ImportOptions = {
    signal,
    progress: (done, total, unit, what) => {
      const progress = { done, unit, what, ...(total !== undefined && { total }) };
      context.emit({ type: 'stage-progress', stage: 'source', base: base.name, ...progress });
    },
  };
  try {
    const renewed =
      from === undefined ? await renewSource(base, staging, options, context) : undefined;
    if (renewed !== undefined) return renewed;
    const imported =
      from === undefined
        ? await importRemote(base, staging, options, context)
        : await importPlace(base, resolve(from), staging, options);
    return await install(base, imported, from, context);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * A folder no process knows: a lab that was killed may have left a git behind that still
 * writes into its own. What such labs left is removed, but for what such a git puts there
 * meanwhile: the next import finds that.
 */
async function freshStaging(trees: string, base: Base): Promise<string> {
  const prefix = `.${base.tree ?? base.name}.partial-`;
  await mkdir(trees, { recursive: true });
  for (const name of await readdir(trees))
    if (name.startsWith(prefix))
      await rm(join(trees, name), { recursive: true, force: true }).catch((error: unknown) => {
        if (!hasCode(error, 'ENOTEMPTY')) throw error;
      });
  return mkdtemp(join(trees, prefix));
}

/** Puts an imported tree under its name, unless the same source is there already. */
async function install(
  base: Base,
  imported: Imported,
  from: string | undefined,
  context: Context,
): Promise<Source> {
  const tree = treeOf(context.home, base);
  const place = from === undefined ? [] : [await stampOf(from)];
  const { id, version, origin, commit } = imported;
  const vouched = base.source.kind === 'archive' ? { sha256: base.source.sha256 } : {};
  const old = await readRecord(tree);
  if (old?.id === id) {
    const others = old.places.filter((known) => known.path !== place[0]?.path);
    await writeRecord(tree, { ...old, places: [...others, ...place], ...vouched });
  } else {
    if (old !== undefined) await refuseWork(tree);
    await writeRecord(imported.path, { id, version, origin, commit, places: place, ...vouched });
    if (old !== undefined) await rm(tree, { recursive: true, force: true });
    else await setAside(tree, context);
    await rename(imported.path, tree);
  }
  const source = await findSource(base, context.home);
  if (source === undefined) throw noSource(base, [`${tree} vanished while it was written`]);
  return source;
}

/** A tree without a readable record may still hold somebody's commits. */
async function setAside(tree: string, context: Context): Promise<void> {
  const aside = `${tree}.aside-${Date.now()}`;
  const moved = await rename(tree, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  const text = `${tree} had no readable record of its source; it was moved to ${aside}`;
  context.emit({ type: 'warning', text });
}

async function importPlace(
  base: Base,
  place: string,
  staging: string,
  options: ImportOptions,
): Promise<Imported> {
  const facts = await stat(place).catch(() => undefined);
  if (facts === undefined) throw unusableSource(base, place, 'there is no such file or folder');
  if (!facts.isDirectory()) return importArchive(base, place, place, staging, options);
  if (base.source.kind === 'archive')
    throw wrongSource(base, place, `an archive with SHA-256 ${base.source.sha256}`, 'a folder');
  const gitFolder = await findGitFolder(place);
  const tree = gitFolder === undefined ? undefined : await findTree(base, gitFolder);
  if (gitFolder !== undefined && tree !== undefined)
    return importTree(base, gitFolder, tree, staging, options);
  const unpacked = await access(join(place, 'Makefile')).then(
    () => true,
    () => false,
  );
  if (gitFolder !== undefined && !unpacked) throw await refuseRepository(base, place);
  return importFolder(base, place, place, staging, false, options);
}

async function refuseRepository(base: Base, place: string): Promise<Error> {
  const head = await gitText(place, ['rev-parse', 'HEAD^{tree}']).catch(() => 'no commit');
  const tag = base.source.kind === 'git-tree' ? base.source.tag : 'HEAD';
  const next = `Fetch it into that repository (git -C ${place} fetch origin tag ${tag}), or give another source.`;
  return wrongSource(
    base,
    place,
    `${expectedOf(base)} among its objects`,
    `tree ${head} at HEAD`,
    next,
  );
}

async function importRemote(
  base: Base,
  staging: string,
  options: ImportOptions,
  context: Context,
): Promise<Imported> {
  if (base.source.kind === 'git-revision')
    return importTree(base, base.source.repository, base.source.treeId, staging, options);
  if (base.source.kind === 'debian-package')
    return importPackage(base, base.source.package, context.home, staging, options);
  const places = base.source.kind === 'archive' ? base.source.places : base.source.urls;
  return importFirst(base, places, staging, options, context);
}

/** Imports the first archive that answers: a file, or what is downloaded into the lab home. */
async function importFirst(
  base: Base,
  places: readonly string[],
  staging: string,
  options: ImportOptions,
  context: Context,
): Promise<Imported> {
  const tried: string[] = [];
  for (const place of places) {
    const remote = isRemote(place);
    const file = remote ? join(context.home.sources, basename(new URL(place).pathname)) : place;
    const there = (await stat(file).catch(() => undefined)) !== undefined;
    try {
      if (!there && !remote) throw new Error(`${place}: there is no such file`);
      if (!there)
        await download(place, file, {
          signal: options.signal,
          progress: (done, total) => options.progress(done, total, 'bytes', 'downloading'),
        });
    } catch (error) {
      options.signal.throwIfAborted();
      tried.push(error instanceof Error ? error.message : String(error));
      // No answer at all: its other formats are on the same server.
      if (remote && !/: [45]\d\d /.test(tried.at(-1) ?? '')) break;
      continue;
    }
    try {
      return { ...(await importArchive(base, file, file, staging, options)), origin: place };
    } catch (error) {
      options.signal.throwIfAborted();
      // What is no use is not kept: the next run would trip over it.
      if (remote) await rm(file, { force: true });
      throw error;
    }
  }
  throw noSource(base, tried);
}
