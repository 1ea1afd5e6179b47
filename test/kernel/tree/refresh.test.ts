import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { applySeries } from '../../../kernel/tree/apply.ts';
import type { Source } from '../../../kernel/base.ts';
import { refreshSeries } from '../../../kernel/tree/refresh.ts';
import type { Refreshed } from '../../../kernel/tree/refresh.ts';
import { resetTree } from '../../../kernel/tree/reset.ts';
import { readSeries } from '../../../kernel/series/series.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
import { renewTree } from '../../../kernel/tree/tree.ts';
import {
  edited,
  failureOf,
  gitIn,
  toyBase,
  usualSeries,
  withToy,
  writeSeries,
  writeToy,
} from '../toy.ts';
import type { Toy } from '../toy.ts';

interface Ready {
  readonly toy: Toy;
  readonly source: Source;
  readonly tree: string;
  readonly refresh: () => Promise<Refreshed[]>;
}

/** Runs work with the usual series, or a prefix of it, applied. */
const withTree = (work: (ready: Ready) => Promise<void>, upto?: string | number) =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const from = writeToy(join(toy.folder, 'linux'));
    const source = await acquireSource(toyBase, { from }, toy.context);
    await applySeries(source, await readSeries(toyBase, upto, toy.patches), toy.context);
    const refresh = () => refreshSeries(source, toy.context, toy.patches);
    await work({ toy, source, tree: source.repository, refresh });
  });

/** Every file of the series with its content. */
function filesOf({ patches }: Toy): Record<string, string> {
  const root = join(patches, toyBase.name);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name === 'series' || name.endsWith('.patch')).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

function commit(tree: string, file: string, text: string, ...how: string[]): void {
  writeFileSync(join(tree, file), text);
  gitIn(tree, 'add', '-f', file);
  gitIn(tree, 'commit', '--quiet', ...how);
}

const changesOf = (results: readonly Refreshed[]): string[] =>
  results
    .filter(({ change }) => change !== 'unchanged')
    .map(({ file, change }) => `${change} ${file}`);

it('leaves an unchanged series alone, byte for byte', () =>
  withTree(async ({ toy, refresh }) => {
    const before = filesOf(toy);
    assert.deepEqual(changesOf(await refresh()), []);
    assert.deepEqual(filesOf(toy), before);
  }));

it('writes a new commit as the next patch, in its group', () =>
  withTree(async ({ toy, tree, source, refresh }) => {
    const before = filesOf(toy);
    commit(tree, 'kernel/cr.c', 'int cr;\n', '-m', 'c/r: more', '-m', 'Because.');
    assert.deepEqual(changesOf(await refresh()), ['added cr/0004-c-r-more.patch']);
    const after = filesOf(toy);
    assert.equal(after['series'], `${before['series'] ?? ''}cr/0004-c-r-more.patch\n`);
    for (const name of Object.keys(before))
      if (name !== 'series') assert.equal(after[name], before[name]);
    const series = await readSeries(toyBase, undefined, toy.patches);
    const { path } = await applySeries(source, series, toy.context);
    assert.equal(readFileSync(join(path, 'kernel/cr.c'), 'utf8'), 'int cr;\n');
  }));

it('writes the same bytes whoever refreshes, and again', () =>
  withTree(async ({ toy, tree, refresh }) => {
    const text = 'int a;\n\n\n \n';
    commit(tree, 'kernel/cr.c', text, '-m', 'c/r: blank lines at the end');
    await refresh();
    const once = filesOf(toy);
    const patch = once['cr/0004-c-r-blank-lines-at-the-end.patch'] ?? '';
    assert.match(patch, /^From 0{40} /);
    assert.doesNotMatch(patch, /^-- $/m);
    assert.match(patch, /^index 0{40}\.\.[0-9a-f]{40}$/m);
    assert.deepEqual(changesOf(await refresh()), []);
    assert.deepEqual(filesOf(toy), once);
    assert.equal(readFileSync(join(tree, 'kernel/cr.c'), 'utf8'), text);
  }));

it('renumbers what follows an inserted commit', () =>
  withTree(async ({ toy, tree, refresh }) => {
    const tip = gitIn(tree, 'rev-parse', 'HEAD');
    gitIn(tree, 'checkout', '--quiet', '--detach', 'HEAD~2');
    commit(tree, 'kernel/mid.c', 'int mid;\n', '-m', 'c/r: in between');
    gitIn(tree, 'cherry-pick', `HEAD~1..${tip}`);
    const changes = changesOf(await refresh());
    assert.ok(changes.includes('added cr/0002-c-r-in-between.patch'), changes.join());
    const { patches } = await readSeries(toyBase, undefined, toy.patches);
    assert.deepEqual(
      patches.map(({ file }) => file),
      [
        'toolchain/0001-toolchain-let-it-build.patch',
        'cr/0001-c-r-system-calls.patch',
        'cr/0002-c-r-in-between.patch',
        'cr/0003-c-r-look-at-fork.patch',
        'cr/0004-c-r-documentation.patch',
      ],
    );
    assert.match(
      filesOf(toy)['series'] ?? '',
      /^# The toy series\n\n# toolchain\ntool[^]*\n\n# cr\ncr\/0001/,
    );
  }));

it('writes an amended patch under its name and removes a dropped one', () =>
  withTree(async ({ toy, tree, refresh }) => {
    gitIn(tree, 'checkout', '--quiet', '--detach', 'HEAD~1');
    commit(
      tree,
      'kernel/fork.c',
      edited('kernel/fork.c', { 7: 'int seven;' }),
      '--amend',
      '--no-edit',
    );
    assert.deepEqual(changesOf(await refresh()), [
      'changed cr/0002-c-r-look-at-fork.patch',
      'removed cr/0003-c-r-documentation.patch',
    ]);
    assert.match(filesOf(toy)['cr/0002-c-r-look-at-fork.patch'] ?? '', /^\+int seven;$/m);
    assert.doesNotMatch(filesOf(toy)['series'] ?? '', /documentation/);
  }));

it('keeps the patches after a prefix', () =>
  withTree(async ({ toy, tree, refresh }) => {
    const before = filesOf(toy);
    commit(tree, 'kernel/mid.c', 'int mid;\n', '-m', 'c/r: in between');
    await refresh();
    const { patches } = await readSeries(toyBase, undefined, toy.patches);
    assert.deepEqual(
      patches.slice(2).map(({ file }) => file),
      [
        'cr/0002-c-r-in-between.patch',
        'cr/0003-c-r-look-at-fork.patch',
        'cr/0004-c-r-documentation.patch',
      ],
    );
    assert.equal(
      filesOf(toy)['cr/0003-c-r-look-at-fork.patch'],
      before['cr/0002-c-r-look-at-fork.patch'],
    );
  }, 1));

const refusals: Record<string, [code: string, RegExp, (ready: Ready) => void]> = {
  'changes that are not committed': [
    'refresh-refused',
    /not committed/,
    ({ tree }) => appendFileSync(join(tree, 'Makefile'), '#\n'),
  ],
  "patches changed behind the tree's back": [
    'refresh-refused',
    /0003-c-r-documentation.patch was changed after/,
    ({ toy, tree }) => {
      commit(tree, 'kernel/cr.c', 'int cr;\n', '-m', 'c/r: more');
      const path = join(toy.patches, toyBase.name, 'cr/0003-c-r-documentation.patch');
      writeFileSync(path, readFileSync(path, 'utf8').replace('What it', 'What this'));
    },
  ],
  'a merge': [
    'tree-tangled',
    /not in a line/,
    ({ tree }) => {
      gitIn(tree, 'checkout', '--quiet', '-b', 'side', 'HEAD~1');
      commit(tree, 'kernel/side.c', 'int side;\n', '-m', 'side');
      gitIn(tree, 'merge', '--quiet', '--no-edit', 'HEAD@{2}');
    },
  ],
  'another history': [
    'tree-tangled',
    /does not come from/,
    ({ tree }) => {
      gitIn(tree, 'checkout', '--quiet', '--orphan', 'other');
      gitIn(tree, 'commit', '--quiet', '-m', 'other');
    },
  ],
};

for (const [name, [code, words, doIt]] of Object.entries(refusals))
  it(`refuses ${name}, and writes nothing`, () =>
    withTree(async (ready) => {
      doIt(ready);
      const before = filesOf(ready.toy);
      await assert.rejects(ready.refresh(), (error) => {
        assert.ok(isLabError(error), String(error));
        assert.equal(error.code, code);
        assert.match(error.what, words);
        return true;
      });
      assert.deepEqual(filesOf(ready.toy), before);
    }));

it('writes nothing that would not come to the same tree', () =>
  withTree(async ({ toy, tree, refresh }) => {
    const before = filesOf(toy);
    const diff = [
      '--- a/kernel/exit.c',
      '+++ b/kernel/exit.c',
      '@@ -1,2 +1,2 @@',
      '-int exit_0;',
      '+int x;',
      ' int exit_1;',
    ];
    // git am takes a diff for a diff, wherever it stands.
    const body = ['diff --git a/kernel/exit.c b/kernel/exit.c', ...diff, ''].join('\n');
    commit(tree, 'kernel/cr.c', 'int cr;\n', '-m', 'c/r: more', '-m', body);
    await assert.rejects(refresh(), (error) => {
      assert.ok(isLabError(error), String(error));
      assert.equal(error.code, 'refresh-differs');
      assert.match((error.details ?? []).join('\n'), /kernel\/exit.c/);
      return true;
    });
    assert.deepEqual(filesOf(toy), before);
    assert.equal(gitIn(tree, 'log', '-1', '--format=%s'), 'c/r: more');
  }));

it('reset drops changes and commits, and git can bring both back', () =>
  withTree(async ({ toy, tree, source }) => {
    const before = gitIn(tree, 'rev-parse', 'HEAD');
    commit(tree, 'kernel/cr.c', 'int cr;\n', '-m', 'c/r: more');
    writeFileSync(join(tree, 'kernel/new.c'), 'int new;\n');
    appendFileSync(join(tree, 'kernel/fork.c'), 'int changed;\n');
    const dropped = await resetTree(source, toy.context);
    assert.equal(dropped.commits.length, 1);
    assert.equal(dropped.changes.length, 2);
    assert.equal(gitIn(tree, 'rev-parse', 'HEAD'), before);
    assert.equal(gitIn(tree, 'status', '--porcelain'), '');
    const series = await readSeries(toyBase, 1, toy.patches);
    await applySeries(source, series, toy.context);
    for (const command of dropped.undo) gitIn(tree, ...command.split(' ').slice(3));
    assert.equal(readFileSync(join(tree, 'kernel/cr.c'), 'utf8'), 'int cr;\n');
    assert.equal(readFileSync(join(tree, 'kernel/new.c'), 'utf8'), 'int new;\n');
  }));

it('reset gives up a rebase that stopped at a conflict', () =>
  withTree(async ({ toy, tree, source }) => {
    const tip = gitIn(tree, 'rev-parse', 'HEAD');
    gitIn(tree, 'checkout', '--quiet', '--detach', 'HEAD~2');
    commit(
      tree,
      'kernel/fork.c',
      edited('kernel/fork.c', { 5: 'int conflict;' }),
      '-m',
      'c/r: other',
    );
    assert.throws(() => gitIn(tree, 'rebase', '--onto', 'HEAD', `${tip}~2`, tip));
    await resetTree(source, toy.context);
    assert.equal(gitIn(tree, 'rev-parse', 'HEAD'), tip);
    assert.equal(gitIn(tree, 'status', '--porcelain'), '');
    assert.doesNotMatch(gitIn(tree, 'status'), /rebase in progress/);
  }));

/** Changes the first patch of the usual series, as pulling somebody else's work does. */
function changeFirst({ patches }: Toy): void {
  const path = join(patches, toyBase.name, 'toolchain/0001-toolchain-let-it-build.patch');
  writeFileSync(path, readFileSync(path, 'utf8').replace('Because.', 'Because of gcc.'));
}

it('makes a tree anew whose patches have changed, so that it can be refreshed', () =>
  withTree(async ({ toy, tree, source, refresh }) => {
    changeFirst(toy);
    const old = gitIn(tree, 'rev-parse', 'HEAD');
    await renewTree(source, toy.context, { patchesFolder: toy.patches });
    assert.notEqual(gitIn(tree, 'rev-parse', 'HEAD'), old);
    commit(tree, 'kernel/cr.c', 'int cr;\n', '-m', 'c/r: more');
    const results = await refresh();
    assert.deepEqual(
      results.filter(({ change }) => change !== 'unchanged'),
      [{ file: 'cr/0004-c-r-more.patch', change: 'added' }],
    );
  }));

it('makes no tree anew that somebody works in, until it is reset', () =>
  withTree(async ({ toy, tree, source, refresh }) => {
    const renew = () => renewTree(source, toy.context, { patchesFolder: toy.patches });
    changeFirst(toy);
    const old = gitIn(tree, 'rev-parse', 'HEAD');
    appendFileSync(join(tree, 'kernel/fork.c'), 'int changed;\n');
    await renew();
    assert.equal(gitIn(tree, 'rev-parse', 'HEAD'), old);
    gitIn(tree, 'commit', '--quiet', '-am', 'c/r: more');
    const own = gitIn(tree, 'rev-parse', 'HEAD');
    await renew();
    assert.equal(gitIn(tree, 'rev-parse', 'HEAD'), own);
    assert.equal((await failureOf(refresh())).code, 'refresh-refused');
    await resetTree(source, toy.context);
    await renew();
    assert.match(gitIn(tree, 'log', '--format=%b'), /Because of gcc/);
  }));

it('brings a tree from a prefix to the whole series, or to the prefix that is asked for', () =>
  withTree(async ({ toy, tree, source }) => {
    const patchesFolder = toy.patches;
    const subjectsOf = async (upto?: string) => {
      await renewTree(source, toy.context, { upto, patchesFolder });
      return gitIn(tree, 'log', '--format=%s').split('\n').slice(0, -1);
    };
    const whole = await subjectsOf();
    assert.equal(whole.length, 4);
    assert.deepEqual(await subjectsOf('1'), whole.slice(-2));
    commit(tree, 'kernel/cr.c', 'int cr;\n', '-m', 'c/r: more');
    assert.deepEqual(await subjectsOf(), ['c/r: more', ...whole.slice(-2)]);
  }, 2));

it('leaves a patch in its group, when it is the first of that one and has changed', () =>
  withToy(async (toy) => {
    const fixes = [{ subject: 'fork: count', files: { 'kernel/count.c': 'int count;\n' } }];
    const { toolchain = [], ...others } = usualSeries;
    writeSeries(toy, { toolchain, fixes, ...others });
    const from = writeToy(join(toy.folder, 'linux'));
    const source = await acquireSource(toyBase, { from }, toy.context);
    const series = await readSeries(toyBase, undefined, toy.patches);
    await applySeries(source, series, toy.context);
    const groups = (patches: readonly { readonly group: string }[]) =>
      patches.map(({ group }) => group);
    const tree = source.repository;
    const count = groups(series.patches).filter((group) => group === 'cr').length;
    const tip = gitIn(tree, 'rev-parse', 'HEAD');
    gitIn(tree, 'checkout', '--quiet', '--detach', `HEAD~${count - 1}`);
    commit(tree, 'kernel/first.c', 'int first;\n', '--amend', '--no-edit');
    gitIn(tree, 'cherry-pick', `HEAD@{1}..${tip}`);
    await refreshSeries(source, toy.context, toy.patches);
    const after = await readSeries(toyBase, undefined, toy.patches);
    assert.deepEqual(groups(after.patches), groups(series.patches));
  }));
