import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { applySeries } from '../../../kernel/tree/apply.ts';
import type { PatchedTree, Source } from '../../../kernel/base.ts';
import { readSeries } from '../../../kernel/series/series.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
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

async function importToy(toy: Toy): Promise<Source> {
  return acquireSource(toyBase, { from: writeToy(join(toy.folder, 'linux')) }, toy.context);
}

async function apply(toy: Toy, source: Source, upto?: string | number): Promise<PatchedTree> {
  return applySeries(source, await readSeries(toyBase, upto, toy.patches), toy.context);
}

const subjectsOf = (tree: string): string[] =>
  gitIn(tree, 'log', '--reverse', '--format=%s').split('\n');

it('makes one commit a patch and checks the last one out', () =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const source = await importToy(toy);
    const tree = await apply(toy, source);
    assert.deepEqual(subjectsOf(tree.path), [
      'Linux 2.6.30',
      'toolchain: let it build',
      'c/r: system calls',
      'c/r: look at fork',
      'c/r: documentation',
    ]);
    assert.equal(gitIn(tree.path, 'rev-parse', 'HEAD'), tree.commit);
    assert.equal(gitIn(tree.path, 'rev-parse', 'HEAD^{tree}'), tree.id);
    assert.equal(gitIn(tree.path, 'log', '-1', '--format=%an %cn'), 'A Developer cr-lab');
    assert.match(readFileSync(join(tree.path, 'kernel/fork.c'), 'utf8'), /ckpt_30/);
    assert.deepEqual(readdirSync(toy.context.scratch), []);
    assert.equal(gitIn(tree.path, 'worktree', 'list').split('\n').length, 1);
  }));

it('comes to the same commits in another home', async () => {
  const commits: string[] = [];
  for (let home = 0; home < 2; home += 1)
    await withToy(async (toy) => {
      writeSeries(toy, usualSeries);
      const root = join(toy.patches, toyBase.name);
      // The same patches: only their dates would differ from one writing to the next.
      for (const name of ['toolchain', 'cr'].flatMap((group) =>
        readdirSync(join(root, group)).map((file) => join(root, group, file)),
      ))
        writeFileSync(
          name,
          readFileSync(name, 'utf8').replace(/^Date: .*$/m, 'Date: Mon, 1 Jun 2009 10:00:00 +0000'),
        );
      commits.push((await apply(toy, await importToy(toy))).commit);
    });
  assert.equal(commits[0], commits[1]);
});

it('goes to a prefix and back touching only what differs', () =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const source = await importToy(toy);
    const tree = await apply(toy, source);
    const dates = (): number[] =>
      ['Makefile', 'kernel/sys.c', 'kernel/exit.c'].map(
        (file) => statSync(join(tree.path, file), { bigint: false }).mtimeMs,
      );
    const before = dates();
    await apply(toy, source, 1);
    assert.doesNotMatch(readFileSync(join(tree.path, 'kernel/fork.c'), 'utf8'), /ckpt/);
    assert.ok(!existsSync(join(tree.path, 'Documentation/cr.txt')));
    await apply(toy, source);
    assert.deepEqual(dates(), before);
    const ended = toy.events.at(-1);
    assert.ok(ended?.type === 'stage-ended' && ended.cached, 'applied again');
  }));

it('applies again only from the first patch that changed', () =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const source = await importToy(toy);
    await apply(toy, source);
    const path = join(toy.patches, toyBase.name, 'cr/0003-c-r-documentation.patch');
    writeFileSync(path, readFileSync(path, 'utf8').replace('What it does.', 'What it does now.'));
    const tree = await apply(toy, source);
    assert.match(readFileSync(join(tree.path, 'Documentation/cr.txt'), 'utf8'), /now/);
    const ended = toy.events.at(-1);
    assert.ok(ended?.type === 'stage-ended');
    assert.match(ended.what, /1 newly applied/);
  }));

/** A series whose second c/r patch was made for another kernel/fork.c. */
function breakPatch(toy: Toy): void {
  writeSeries(toy, usualSeries);
  const path = join(toy.patches, toyBase.name, 'cr/0002-c-r-look-at-fork.patch');
  const text = readFileSync(path, 'utf8')
    .replace('int fork_28;', 'int fork_twenty_eight;')
    .replace(/^index .*$/m, `index ${'1'.repeat(40)}..${'2'.repeat(40)} 100644`);
  writeFileSync(path, text);
}

it("names patch, file and hunk of what does not apply, with git's words", () =>
  withToy(async (toy) => {
    breakPatch(toy);
    const source = await importToy(toy);
    const error = await failureOf(apply(toy, source));
    assert.equal(error.code, 'patch-does-not-apply');
    assert.equal(
      error.what,
      'cr/0002-c-r-look-at-fork.patch (c/r: look at fork): hunk 2 of kernel/fork.c does not apply',
    );
    const details = (error.details ?? []).join('\n');
    assert.match(details, /cr\/0002.*: hunk 2 of kernel\/fork.c, at its line 27/);
    assert.match(details, /Repository lacks necessary blobs|sha1 information is lacking/);
    assert.doesNotMatch(details, /git am --continue/);
  }));

it('leaves nothing of a series that does not apply', () =>
  withToy(async (toy) => {
    breakPatch(toy);
    const source = await importToy(toy);
    const before = await apply(toy, source, 1);
    await failureOf(apply(toy, source));
    assert.equal(gitIn(before.path, 'rev-parse', 'HEAD'), before.commit);
    assert.equal(gitIn(before.path, 'status', '--porcelain'), '');
    assert.equal(gitIn(before.path, 'worktree', 'list').split('\n').length, 1);
    assert.deepEqual(readdirSync(toy.context.scratch), []);
    assert.equal(existsSync(join(before.path, '.git/rebase-apply')), false);
  }));

it('names a conflict that --3way could not resolve', () =>
  withToy(async (toy) => {
    writeSeries(toy, {
      cr: [
        { subject: 'c/r: one', files: { 'kernel/fork.c': edited('kernel/fork.c', { 20: 'a' }) } },
        { subject: 'c/r: two', files: { 'kernel/fork.c': edited('kernel/fork.c', { 20: 'b' }) } },
      ],
    });
    const root = join(toy.patches, toyBase.name);
    const [one = '', two = ''] = readdirSync(join(root, 'cr')).sort();
    writeFileSync(join(root, 'series'), `cr/${two}\ncr/${one}\n`);
    const error = await failureOf(apply(toy, await importToy(toy)));
    assert.match(
      error.what,
      /^cr\/0002-c-r-two.patch .*: hunk 1 of kernel\/fork.c does not apply$/,
    );
  }));

it('names a file that is not there', () =>
  withToy(async (toy) => {
    writeSeries(toy, {
      cr: [
        { subject: 'c/r: new', files: { 'kernel/new.c': 'int a;\n' } },
        { subject: 'c/r: change', files: { 'kernel/new.c': 'int b;\n' } },
      ],
    });
    const root = join(toy.patches, toyBase.name);
    const text = readFileSync(join(root, 'series'), 'utf8').replace(/^cr\/0001.*\n/m, '');
    writeFileSync(join(root, 'series'), text);
    execFileSync('rm', [join(root, 'cr/0001-c-r-new.patch')]);
    const error = await failureOf(apply(toy, await importToy(toy)));
    assert.match(error.what, /0002-c-r-change.patch .*kernel\/new.c/);
  }));

it('takes a patch that changes nothing for an error, as git am does not', () =>
  withToy(async (toy) => {
    writeSeries(toy, {
      cr: [
        { subject: 'c/r: one', files: { 'kernel/fork.c': edited('kernel/fork.c', { 20: 'a' }) } },
      ],
    });
    const root = join(toy.patches, toyBase.name);
    const text = readFileSync(join(root, 'cr/0001-c-r-one.patch'), 'utf8');
    writeFileSync(join(root, 'cr/0002-again.patch'), text.replace('c/r: one', 'c/r: again'));
    appendFileSync(join(root, 'series'), 'cr/0002-again.patch\n');
    const error = await failureOf(apply(toy, await importToy(toy)));
    assert.equal(error.code, 'patch-changes-nothing');
    assert.match(error.what, /^cr\/0002-again.patch: /);
  }));

const work: Record<string, (tree: string) => void> = {
  'a changed file': (tree) => appendFileSync(join(tree, 'kernel/fork.c'), 'int mine;\n'),
  'a new file': (tree) => writeFileSync(join(tree, 'kernel/mine.c'), 'int mine;\n'),
  'a commit': (tree) => {
    appendFileSync(join(tree, 'kernel/fork.c'), 'int mine;\n');
    gitIn(tree, 'commit', '--quiet', '-am', 'c/r: mine');
  },
  'a commit on a branch': (tree) => {
    gitIn(tree, 'checkout', '--quiet', '-b', 'mine');
    gitIn(tree, 'commit', '--quiet', '--allow-empty', '-m', 'c/r: mine');
  },
  'an unfinished cherry-pick': (tree) => {
    writeFileSync(join(tree, '.git/CHERRY_PICK_HEAD'), `${gitIn(tree, 'rev-parse', 'HEAD')}\n`);
  },
};

for (const [name, doIt] of Object.entries(work))
  it(`refuses to touch a tree with ${name}, and says how to keep or drop it`, () =>
    withToy(async (toy) => {
      writeSeries(toy, usualSeries);
      const source = await importToy(toy);
      const { path } = await apply(toy, source);
      doIt(path);
      const state = (): string =>
        [['rev-parse', 'HEAD'], ['status', '--porcelain'], ['diff']]
          .map((args) => gitIn(path, ...args))
          .join('\n');
      const before = state();
      const error = await failureOf(apply(toy, source, 1));
      assert.equal(error.code, 'tree-has-work');
      assert.match(error.next, /series refresh.*series reset/);
      assert.equal(state(), before);
    }));
