import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArchitectureName } from '../harness/core/architectures.ts';
import type { Context } from '../harness/core/context.ts';
import { labError } from '../harness/core/errors.ts';
import type { Base } from './base.ts';
import { builtEver, plain, toolchainOf } from './bases/architecture.ts';
import { ageOf, doubtAbout, releaseOf, type Age } from './bases/ages.ts';
import { buildWith, type BuildChoice } from './bases/build-with.ts';
import { chooseBase } from './source/choose.ts';
import { askedBy, isOwn } from './build/fragments.ts';
import { writeAll } from './series/commit-plan.ts';
import { plainGroup, toolchainGroup } from './series/series.ts';
import { namedSource } from './source/source-errors.ts';
import { findSource } from './source/source-record.ts';
import { readPatchFolder } from './series/folder.ts';
import { readMailedSeries, type GivenSeries } from './series/mailed.ts';
import { readRange } from './source/range.ts';
import { findRevision, openClone, refuseClone, type Revision } from './source/revision.ts';
import { standingTree } from './source/work-tree.ts';

/** A series that a user names on the command line. Paths are absolute. */
export interface GivenOptions extends BuildChoice {
  /** A clone of Linux; only read. */
  readonly repository?: string | undefined;
  /** `v6.12..topic` of the clone. */
  readonly range?: string | undefined;
  /** What is not committed yet in the clone is the range's last patch. */
  readonly tree?: boolean | undefined;
  /** An mbox, a maildir or one mail. */
  readonly mailbox?: string | undefined;
  /** A folder of patches. */
  readonly patches?: string | undefined;
  /** The commit of the clone that mails or patches apply to. */
  readonly onto?: string | undefined;
  /** Further configuration fragments. */
  readonly config: readonly string[];
  /** Without a clone: a base of the lab's own, and where its source is. */
  readonly base?: string | undefined;
  readonly source?: string | undefined;
}

/** A user's series on its base, laid out as the repository's own are. */
export interface GivenProject {
  readonly base: Base;
  /** What readSeries() and makeImage() take. */
  readonly patchesFolder: string;
  readonly configFolder: string;
  /** Where the base's source is, if not where the lab looks by itself. */
  readonly from: string | undefined;
  /** In words: `t.mbox: v3, 17 patches, on v6.12 of /home/me/linux`. */
  readonly title: string;
  readonly notes: readonly string[];
}

/**
 * Reads a user's series and finds its base, and writes both into the scratch folder in the form
 * that all the lab reads. Builds nothing. Throws usage errors: what the readers throw,
 * `series-base-unknown`, `series-options`, `config-fragment`, `compiler-unfit`.
 */
export async function openGiven(options: GivenOptions, context: Context): Promise<GivenProject> {
  refuseContradictions(options);
  const fragments = await readOwnFragments(options.config);
  const { series, revision } = await readGiven(options, context);
  const origin =
    revision === undefined
      ? await knownOrigin(options, context)
      : { ...(await revisionOrigin(revision)), from: undefined };
  const { release, source, from, words } = origin;
  const { architecture = origin.architecture, compiler, sanitizers } = options;
  const age = ageOf(release, builtEver, architecture);
  const name = architecture === 'x86_64' ? `linux-${release}` : `linux-${release}-${architecture}`;
  const usual = plain(name, release, architecture);
  const names = [...usual.config.fragments, ...fragments.map((fragment) => fragment.name)];
  const base = buildWith(
    { ...usual, source, config: { ...usual.config, fragments: names } },
    { compiler, sanitizers },
  );
  const [patches, config] = ['patches', 'config'].map((kind) =>
    join(context.scratch, 'given', kind),
  ) as [string, string];
  await writePatches(join(patches, name), series, age);
  await mkdir(join(config, name), { recursive: true });
  for (const [fragment, path] of Object.entries(base.fragmentFiles ?? {}))
    await cp(path, join(config, name, `${fragment}.config`));
  for (const fragment of fragments)
    await writeFile(join(config, name, `${fragment.name}.config`), fragment.text);
  const doubt = doubtAbout(release);
  return {
    base,
    from,
    patchesFolder: patches,
    configFolder: config,
    title: `${series.origin}, on ${words}`,
    notes: [...series.notes, ...(doubt === undefined ? [] : [doubt])],
  };
}

function refuseContradictions(options: GivenOptions): void {
  const { range, tree, mailbox, patches, repository, onto, base, source } = options;
  const refuse = (what: string, next: string): Error =>
    labError({
      code: 'series-options',
      fault: 'usage',
      doing: 'reading the command line',
      what,
      next,
    });
  const kinds = [range, mailbox, patches].filter((kind) => kind !== undefined);
  if (kinds.length === 0)
    throw refuse(
      'a clone is named, or what goes with one, but no series',
      'Name it: --range BASE..BRANCH, --mbox FILE or --patches DIR.',
    );
  if (kinds.length > 1)
    throw refuse('more than one series is named', 'Leave --range, --mbox or --patches; one stays.');
  if (range !== undefined && repository === undefined)
    throw refuse('--range says nothing without a clone', 'Name it with --repo.');
  if (range === undefined && tree === true)
    throw refuse('--tree says nothing without a range', 'Name it: --range BASE.. with --repo.');
  if (range !== undefined && onto !== undefined)
    throw refuse('a range has its base already', 'Leave --onto out.');
  if (onto !== undefined && repository === undefined)
    throw refuse('--onto names a commit of a clone', 'Name the clone with --repo.');
  if (repository !== undefined && (base !== undefined || source !== undefined))
    throw refuse('the base is a commit of the clone', 'Leave --base and --source out.');
}

async function readGiven(
  options: GivenOptions,
  { scratch, home }: Context,
): Promise<{ series: GivenSeries; revision: Revision | undefined }> {
  const { repository, range, tree, mailbox, patches, onto } = options;
  if (range !== undefined && repository !== undefined) {
    const standing = tree === true ? await standingTree(repository, home) : undefined;
    const series = await readRange(repository, range, scratch, standing);
    return { series, revision: series.base };
  }
  const series =
    mailbox === undefined
      ? await readPatchFolder(patches ?? '', scratch)
      : await readMailedSeries(mailbox, scratch);
  if (repository === undefined) return { series, revision: undefined };
  const gitFolder = await openClone(repository);
  const commit = onto ?? series.baseCommit;
  if (commit === undefined)
    throw refuseClone(
      repository,
      'series-base-unknown',
      'the series has no base-commit',
      [],
      'Say which commit it applies to: --onto v6.12.',
    );
  const revision = await findRevision(gitFolder, commit).catch((error: unknown) => {
    if (onto !== undefined) throw error;
    throw refuseClone(
      repository,
      'series-base-unknown',
      `the series is based on ${commit}, which it does not have`,
      [],
      'Fetch that commit into it, or say another one: --onto v6.12.',
    );
  });
  return { series, revision };
}

interface Origin {
  readonly release: string;
  /** If nobody names another. */
  readonly architecture: ArchitectureName;
  readonly source: Base['source'];
  readonly from: string | undefined;
  readonly words: string;
}

async function revisionOrigin(revision: Revision): Promise<Omit<Origin, 'from'>> {
  const { gitFolder, name, tree, version } = revision;
  return Promise.resolve({
    release: releaseOf(version),
    architecture: 'x86_64',
    source: { kind: 'git-revision', repository: gitFolder, revision: name, treeId: tree },
    words: `${name} of ${gitFolder.replace(/\/\.git$/, '')} (Linux ${version})`,
  });
}

/** A base of the lab's own, without the patches that it has there. */
async function knownOrigin(options: GivenOptions, context: Context): Promise<Origin> {
  const { base: named, source: place } = options;
  const { bases } = await chooseBase({ base: named, source: place }, context);
  const [known, ...others] = bases;
  if (known === undefined || others.length > 0)
    throw labError({
      code: 'series-base-unknown',
      fault: 'usage',
      doing: 'choosing the base of a series',
      what: 'a series has one base',
      next: 'Name it: --base v6.1, or a commit of a clone with --repo and --onto.',
    });
  const { release, architecture, source, name } = known;
  const have = await findSource(known, context.home);
  const from = options.source ?? namedSource(known);
  return {
    release,
    architecture,
    source,
    from: from ?? have?.repository,
    words: `${name}, nothing else applied`,
  };
}

/** The toolchain's patches first, then the user's. */
async function writePatches(root: string, { patches }: GivenSeries, age: Age): Promise<void> {
  const tools = await Promise.all(
    toolchainOf(age).map(async (path) => ({
      file: `${toolchainGroup}/${basename(path)}`,
      bytes: await readFile(path),
    })),
  );
  const own = patches.map(({ file, bytes }) => ({ file: `${plainGroup}/${file}`, bytes }));
  const all = [...tools, ...own];
  await writeAll(root, all, all.map(({ file }) => `${file}\n`).join(''));
}

interface OwnFragment {
  readonly name: string;
  readonly text: string;
}

/** Broken lines are told of the user's file, before anything is built. */
async function readOwnFragments(paths: readonly string[]): Promise<OwnFragment[]> {
  const taken = new Set<string>();
  const fragments: OwnFragment[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw labError({
        code: 'config-fragment',
        fault: 'usage',
        doing: 'reading the configuration fragments',
        what: `${path} cannot be read`,
        next: 'Name a file of lines CONFIG_NAME=value with --config.',
        cause,
      });
    });
    let name = basename(path)
      .replace(/\.config$/, '')
      .replaceAll(/[^\w.]/g, '_');
    while (taken.has(name) || !isOwn(name)) name = `${name}_`;
    taken.add(name);
    askedBy([{ name, path, text }]);
    fragments.push({ name, text });
  }
  return fragments;
}
