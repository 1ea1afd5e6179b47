import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { findLabHome } from '../../../harness/core/home.ts';
import { readRange } from '../../../kernel/source/range.ts';
import { standingTree } from '../../../kernel/source/work-tree.ts';
import { makeClone, commit, applyToBase } from '../series/mails.ts';
import { failureOf, gitIn, stateOf, withToy } from '../toy.ts';

/** A clone of a kernel with `topic` checked out, and a lab home. */
function makeTopic(folder: string) {
  const clone = makeClone(join(folder, 'clone'));
  gitIn(clone, 'checkout', '--quiet', 'main');
  commit(clone, 'a kernel', { Makefile: 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n' });
  gitIn(clone, 'tag', '-f', 'base');
  gitIn(clone, 'rebase', '--quiet', 'base', 'topic');
  return { clone, home: findLabHome({ LAB_HOME: join(folder, 'home') }) };
}

it('is HEAD where nothing has changed', () =>
  withToy(async ({ folder }) => {
    const { clone, home } = makeTopic(folder);
    const { revision, head } = await standingTree(clone, home);
    assert.equal(head, gitIn(clone, 'rev-parse', 'topic'));
    assert.equal(revision.commit, head);
    assert.equal(revision.version, '6.12.0');
  }));

it('holds what is saved, new and gone, and writes nothing to the clone', () =>
  withToy(async ({ folder }) => {
    const { clone, home } = makeTopic(folder);
    writeFileSync(join(clone, '.gitignore'), '*.o\n');
    writeFileSync(join(clone, 'new.c'), 'int new;\n');
    writeFileSync(join(clone, 'new.o'), 'object');
    writeFileSync(join(clone, '.git/info/exclude'), 'mine\n');
    writeFileSync(join(clone, 'mine'), 'notes\n');
    writeFileSync(join(clone, 'Makefile'), 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 7\n');
    const saved = stateOf(clone);
    const { revision, head } = await standingTree(clone, home);
    assert.deepEqual(stateOf(clone), saved);
    assert.equal(revision.version, '6.12.7');
    const changed = gitIn(revision.gitFolder, 'diff', '--name-only', head, revision.commit);
    assert.deepEqual(changed.split('\n'), ['.gitignore', 'Makefile', 'new.c']);
    // The same files are the same commit; what git itself would have made of them, too.
    assert.equal((await standingTree(clone, home)).revision.commit, revision.commit);
    gitIn(clone, 'add', '--all');
    assert.equal(gitIn(clone, 'write-tree'), revision.tree);
    assert.equal((await standingTree(clone, home)).revision.commit, revision.commit);
    rmSync(join(clone, 'new.c'));
    assert.notEqual((await standingTree(clone, home)).revision.tree, revision.tree);
  }));

it('leaves out a clone that lies in the work tree, and runs no filter', () =>
  withToy(async ({ folder }) => {
    const { clone, home } = makeTopic(folder);
    makeClone(join(clone, 'inner'));
    const ran = join(folder, 'ran');
    gitIn(clone, 'config', 'filter.mine.clean', `touch ${ran}; cat`);
    writeFileSync(join(clone, '.git/info/attributes'), '* filter=mine\n');
    writeFileSync(join(clone, 'Makefile'), 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 8\n');
    const { revision, head } = await standingTree(clone, home);
    assert.equal(
      gitIn(revision.gitFolder, 'diff', '--name-only', head, revision.commit),
      'Makefile',
    );
    assert.ok(!existsSync(ran));
  }));

it('works in a linked work tree, with an index of several files, and without one', () =>
  withToy(async ({ folder }) => {
    const { clone, home } = makeTopic(folder);
    const linked = join(folder, 'linked');
    gitIn(clone, 'worktree', 'add', '--quiet', '--detach', linked, 'topic');
    writeFileSync(join(linked, 'new.c'), 'int new;\n');
    const { revision, folder: top } = await standingTree(linked, home);
    assert.equal(top, linked);
    gitIn(linked, 'update-index', '--split-index');
    assert.equal((await standingTree(linked, home)).revision.commit, revision.commit);
    rmSync(gitIn(linked, 'rev-parse', '--git-path', 'index'));
    assert.equal((await standingTree(linked, home)).revision.commit, revision.commit);
  }));

it('is refused of a clone without files', () =>
  withToy(async ({ folder }) => {
    const { clone, home } = makeTopic(folder);
    const bare = join(folder, 'bare.git');
    gitIn(folder, 'clone', '--quiet', '--bare', clone, bare);
    assert.equal((await failureOf(standingTree(bare, home))).code, 'work-tree-missing');
  }));

it('is the last patch of a range', () =>
  withToy(async ({ folder, context }) => {
    const { clone, home } = makeTopic(folder);
    mkdirSync(join(clone, 'lib'));
    writeFileSync(join(clone, 'lib/new.c'), 'int new;\n');
    const standing = await standingTree(clone, home);
    const found = await readRange(clone, 'base..', context.scratch, standing);
    assert.equal(found.patches.length, 4);
    assert.equal(found.patches.at(-1)?.subject, 'not committed yet');
    assert.equal(applyToBase(clone, found.patches), standing.revision.tree);
    // Of HEAD alone it is all there is.
    const only = await readRange(clone, 'HEAD..', context.scratch, standing);
    assert.deepEqual(
      only.patches.map(({ subject }) => subject),
      ['not committed yet'],
    );
    const elsewhere = readRange(clone, 'base..topic~1', context.scratch, standing);
    assert.match((await failureOf(elsewhere)).message, /topic~1 is not what is checked out/);
  }));
