import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import type { Base } from '../base.ts';
import { bases, findBase } from '../bases.ts';
import { buildWith, whyNotClang, type BuildChoice } from '../bases/build-with.ts';
import { probe } from './download.ts';
import { git } from '../git.ts';
import { run } from '../../harness/core/run.ts';
import { aptKnows, archive, hasApt, hasKeyring, keyring } from './source-debian.ts';
import { namedSource, noSource, sourceVariable } from './source-errors.ts';
import { findGitFolder, findTree, isOf } from './source-git.ts';
import { findSource, isRemote } from './source-record.ts';
import { versionIn } from './source-version.ts';

export interface ChooseOptions extends BuildChoice {
  /** A base's name, or `all`. */
  readonly base?: string | undefined;
  /** What `--source` named. */
  readonly source?: string | undefined;
}

export interface Choice {
  readonly bases: readonly Base[];
  /** Which and why, in one plain line; undefined if the user said which. */
  readonly reason: string | undefined;
}

/**
 * Returns the bases to run, as they are built with the compiler: those named, else the first
 * whose source can be had. Takes at most about 2 s without network. Throws `base-unknown` and
 * `compiler-unfit` and `sanitizer-unfit` (usage), `source-unavailable`.
 */
export async function chooseBase(
  options: ChooseOptions,
  context: Context,
  known: readonly Base[] = bases,
): Promise<Choice> {
  const { compiler, architecture, sanitizers } = options;
  const built = (...chosen: readonly Base[]) =>
    chosen.map((base) => buildWith(base, { compiler, architecture, sanitizers }));
  if (options.base === 'all') return { bases: built(...known), reason: undefined };
  if (options.base !== undefined)
    return { bases: built(findBase(options.base, known)), reason: undefined };
  const { signal, home } = context;
  if (options.source !== undefined) {
    const base = await recognise(options.source, known);
    const reason = `Base ${base.name}: that is what ${options.source} holds.`;
    return { bases: built(base), reason };
  }
  const reasons: string[] = [];
  for (const base of known) {
    const unfit = compiler === 'clang' ? whyNotClang(base) : undefined;
    if (unfit !== undefined) {
      reasons.push(`${base.name} can't be built with clang: ${unfit}.`);
      continue;
    }
    const { why, whyNot } = await canHave(base, home, signal);
    if (why !== undefined)
      return {
        bases: built(base),
        reason: [`Base ${base.name}: ${why}.`, ...reasons].join(' '),
      };
    reasons.push(`${base.name} cannot be had: ${whyNot}.`);
  }
  throw noSource(known[0] ?? findBase('', known), reasons);
}

/** Why a base's source can be had, or why it cannot. */
export type Answer =
  | { readonly why: string; readonly whyNot?: undefined }
  | { readonly why?: undefined; readonly whyNot: string };

/**
 * Returns why a base's source can be had, or why not: the place that a variable names must be
 * there, and apt is asked. Waits for at most one server, 2 s.
 */
export async function canHave(
  base: Base,
  home: Context['home'],
  signal: AbortSignal,
): Promise<Answer> {
  const variable = sourceVariable(base);
  const named = namedSource(base);
  if (named !== undefined) {
    const there = (await stat(named).catch(() => undefined)) !== undefined;
    return there
      ? { why: `${variable} names its source` }
      : { whyNot: `${variable} names ${named}, where nothing is` };
  }
  if ((await findSource(base, home)) !== undefined) return { why: 'its source is in the lab home' };
  if (base.source.kind === 'debian-package') return askApt(base.source, variable, signal);
  if (base.source.kind === 'git-revision') return { why: `${base.source.repository} has it` };
  const [first] = base.source.kind === 'archive' ? base.source.places : base.source.urls;
  if (first !== undefined && !isRemote(first)) {
    const there = (await stat(first).catch(() => undefined)) !== undefined;
    return there ? { why: `${first} is there` } : { whyNot: `${first} is not there` };
  }
  const whyNot = first === undefined ? 'no server has it' : await probe(first, signal);
  return whyNot === undefined
    ? {
        why: `${base.source.kind === 'archive' ? new URL(first ?? '').host : 'kernel.org'} has its source`,
      }
    : { whyNot: `no --source, no ${variable}, not in the lab home, and ${whyNot}` };
}

/**
 * What a run would find: a package of the machine's own lists, or of Debian's archive. Lists
 * that were never fetched say nothing; the run fetches its own.
 */
async function askApt(
  { package: name, suite }: Extract<Base['source'], { kind: 'debian-package' }>,
  variable: string,
  signal: AbortSignal,
): Promise<Answer> {
  if (!(await hasApt())) return { whyNot: `no ${variable}, no apt` };
  const answer = await aptKnows(name, signal);
  if (answer === 'yes') return { why: `apt can have ${name}` };
  if (answer === 'no lists') return { why: `apt is here; the run fetches its lists for ${name}` };
  if (!(await hasKeyring()))
    return { whyNot: `no ${variable}, apt does not know ${name}, and ${keyring} is missing` };
  const whyNot = await probe(`${archive}/dists/${suite}/Release`, signal);
  return whyNot === undefined
    ? { why: `Debian's own archive has ${name}` }
    : { whyNot: `no ${variable}, apt does not know ${name}, and ${whyNot}` };
}

/**
 * Returns the base that a place holds by its objects or its own Makefile's word; the first
 * one where it says nothing.
 */
export async function recognise(named: string, known: readonly Base[]): Promise<Base> {
  const place = resolve(named);
  const folder = (await stat(place).catch(() => undefined))?.isDirectory() === true;
  const gitFolder = folder ? await findGitFolder(place) : undefined;
  if (gitFolder !== undefined)
    for (const base of known)
      if (base.source.kind === 'git-tree' && (await findTree(base, gitFolder)) !== undefined)
        return base;
  const version = versionIn(await makefileOf(place, folder, gitFolder));
  const base = known.find((candidate) => version !== undefined && isOf(candidate, version));
  return base ?? known[0] ?? findBase('', known);
}

async function makefileOf(
  place: string,
  folder: boolean,
  gitFolder: string | undefined,
): Promise<string> {
  if (gitFolder !== undefined) return (await git(gitFolder, ['show', 'HEAD:Makefile'])).stdout;
  if (folder) return readFile(join(place, 'Makefile'), 'utf8').catch(() => '');
  // The top Makefile is after most of the archive; --occurrence stops there.
  const args = ['--extract', '--to-stdout', '--occurrence=1', '--no-wildcards-match-slash'];
  const wanted = ['--wildcards', '--file', place, '*/Makefile'];
  return (await run('tar', [...args, ...wanted])).stdout;
}
