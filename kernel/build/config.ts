import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCommand } from '../../harness/setup/probe.mjs';
import { keyOf } from '../../harness/store/cache.ts';
import type { Context } from '../../harness/core/context.ts';
import { labError } from '../../harness/core/errors.ts';
import type { PatchedTree } from '../base.ts';
import { openBuildFolder } from './build-folder.ts';
import type { BuildFolder } from './build-folder.ts';
import { buildEnvironment, identifyCompiler, makeArguments } from './compiler.ts';
import { askedBy, configText, isOwn, readFragments, valuesIn } from './fragments.ts';
import type { Asked, Fragment } from './fragments.ts';
import { git, gitText } from '../git.ts';
import { lastLines, run } from '../../harness/core/run.ts';
import { stage } from '../stage.ts';

export interface ConfigureOptions {
  /** Names of fragments, in order; default all of the base's. */
  readonly fragments?: readonly string[] | undefined;
  /** Where the fragments are; default the repository's own. */
  readonly configFolder?: string | undefined;
  /** The tree has a prefix of the series: symbols that later patches bring may be absent. */
  readonly partial?: boolean | undefined;
}

/** A tree with a configuration that holds everything it was asked for. */
export interface Configured {
  readonly tree: PatchedTree;
  readonly folder: BuildFolder;
  readonly fragments: readonly Fragment[];
  /** Symbols of the project's fragments that this prefix of the series does not know yet. */
  readonly absent: readonly string[];
}

/**
 * Configures a tree: everything off, then the fragments, then what the kernel's own rules
 * add. Throws `config-symbol-lost` for a symbol that came out otherwise than asked, and
 * `config-failed`. The caller holds the tree's lock.
 */
export async function configure(
  tree: PatchedTree,
  options: ConfigureOptions,
  context: Context,
): Promise<Configured> {
  const { base } = tree.source;
  const what = `configuration of ${base.name}`;
  return stage(context, 'config', base.name, what, async () => {
    const fragments = await readFragments(base, options.fragments, options.configFolder);
    const names = fragments.map((fragment) => fragment.name);
    const identity = JSON.stringify([
      // A tree that moves with a user's clone keeps the dates of what has not changed.
      base.source.kind === 'git-revision' ? base.name : tree.source.id,
      await identifyCompiler(base),
      base.compiler,
      base.hostCompiler,
      base.makeVariables,
      base.pinnedCommands,
      base.pinnedTime,
    ]);
    const folder = await openBuildFolder(base, names, identity, context.home);
    const asked = askedBy(fragments);
    const config = await settleOnce(tree, folder, asked, context);
    const absent = await compare(tree, folder, asked, config, options.partial === true);
    for (const symbol of absent) {
      const text = `CONFIG_${symbol} is left out: no patch of this prefix brings it here yet`;
      context.emit({ type: 'note', text });
    }
    const path = join(folder.path, '.config');
    const old = await readFile(path, 'utf8').catch(() => undefined);
    // Its date makes the build look at every option again.
    if (old !== config) await writeFile(path, config);
    const counted = `${asked.length - absent.length} symbols from ${names.join(', ')}`;
    return { value: { tree, folder, fragments, absent }, cached: old === config, what: counted };
  });
}

/** Where `git diff-tree` names a file by whose text make decides what a .config comes to. */
const deciding = /[\t/](Kconfig|Makefile)[^/]*$|\tscripts\//;

/** Like settle(), but runs make only if something that decides has changed since the last time. */
async function settleOnce(
  tree: PatchedTree,
  folder: BuildFolder,
  asked: readonly Asked[],
  context: Context,
): Promise<string> {
  const changed = ['diff-tree', '-r', '--no-renames', tree.source.commit, tree.id];
  const lines = (await gitText(tree.path, changed)).split('\n');
  // The base, the compiler and the flags are the folder's own: with others it is emptied.
  const key = keyOf({
    asked,
    source: tree.source.id,
    files: lines.filter((line) => deciding.test(line)),
  });
  const note = join(folder.path, '.lab', 'settled.key');
  const known = await readFile(note, 'utf8').catch(() => undefined);
  const path = join(folder.path, settled);
  const kept = known === key ? await readFile(path, 'utf8').catch(() => undefined) : undefined;
  if (kept !== undefined) return kept;
  await rm(note, { force: true });
  const config = await settle(tree, folder, asked, context);
  await writeFile(note, key);
  return config;
}

/** Where make puts what it comes to, in the build folder. */
const settled = '.lab/settled.config';

/** Returns the text of the .config that make comes to, without touching the one that is there. */
async function settle(
  tree: PatchedTree,
  folder: BuildFolder,
  asked: readonly Asked[],
  context: Context,
): Promise<string> {
  const { base } = tree.source;
  const wishes = join(folder.path, '.lab', 'asked.config');
  const path = join(folder.path, settled);
  await rm(path, { force: true });
  await writeFile(wishes, configText(asked));
  const args = makeArguments(tree, folder, findCommand('ccache') !== undefined);
  const env = {
    ...buildEnvironment(base, context, folder.pinned),
    KCONFIG_CONFIG: settled,
  };
  const { start, settle: target } = base.config;
  for (const [goal, more] of [
    [start, { KCONFIG_ALLCONFIG: wishes }],
    [target, {}],
  ] as const) {
    const ended = await run('make', [...args, goal], {
      env: { ...env, ...more },
      // oldconfig asks about what is new: every answer is the default.
      input: '\n'.repeat(10_000),
      signal: context.signal,
    });
    if (ended.status !== 0)
      throw labError({
        code: 'config-failed',
        fault: 'config',
        doing: `configuring ${base.name}`,
        what: `make ${goal} ended with ${ended.status ?? 'a signal'}`,
        next: "See make's words below: a Kconfig file of the series may be wrong.",
        details: lastLines(`${ended.stdout}${ended.stderr}`),
      });
  }
  return readFile(path, 'utf8');
}

/** Returns the symbols that may be absent; throws for any other that is not as asked. */
async function compare(
  tree: PatchedTree,
  folder: BuildFolder,
  asked: readonly Asked[],
  config: string,
  partial: boolean,
): Promise<string[]> {
  const values = valuesIn(config);
  const lost = asked.filter(({ symbol, value }) => (values.get(symbol) ?? 'n') !== value);
  if (lost.length === 0) return [];
  const defined = await definedSymbols(tree);
  // One that the configuration does not even say "is not set" of depends on what is not there yet.
  const absent = lost.filter(
    ({ symbol, fragment }) =>
      partial && isOwn(fragment) && (!defined.has(symbol) || !values.has(symbol)),
  );
  const wrong = lost.filter((wish) => !absent.includes(wish));
  if (wrong.length === 0) return absent.map(({ symbol }) => symbol);
  const [first] = wrong;
  throw labError({
    code: 'config-symbol-lost',
    fault: 'config',
    doing: `configuring ${tree.source.base.name}`,
    what:
      wrong.length === 1
        ? `CONFIG_${first?.symbol ?? ''} did not come out as asked`
        : `${wrong.length} symbols did not come out as asked`,
    next: 'Ask for what it depends on as well, or take it out of its fragment.',
    details: wrong.map(({ symbol, value, fragment }) => {
      const got = values.get(symbol);
      const why = defined.has(symbol)
        ? 'something it depends on is off, or something selects it'
        : 'this kernel has no such symbol';
      return `CONFIG_${symbol}: asked ${value} (${fragment}.config), got ${got ?? 'nothing'}: ${why}`;
    }),
    files: { config: join(folder.path, settled) },
  });
}

async function definedSymbols(tree: PatchedTree): Promise<Set<string>> {
  const pattern = '^[[:space:]]*(menu)?config[[:space:]]+[A-Za-z0-9_]+';
  const found = await git(tree.path, ['grep', '-hoE', pattern, '--', '*Kconfig*']);
  return new Set(found.stdout.split('\n').map((line) => line.trim().split(/\s+/)[1] ?? ''));
}
