import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { makeImage } from '../../../kernel/image.ts';
import type { ImageOptions } from '../../../kernel/image.ts';
import { failureOf, gitIn, toyBase, usualSeries, withToy, writeSeries, writeToy } from '../toy.ts';
import type { Toy } from '../toy.ts';

interface Ready {
  readonly toy: Toy;
  readonly options: ImageOptions;
  /** The work tree, with the series applied and built. */
  readonly tree: string;
}

const withTree = (work: (ready: Ready) => Promise<void>) =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const source = writeToy(join(toy.folder, 'linux'));
    const { patches: patchesFolder, config: configFolder } = toy;
    const options = { base: toyBase, source, patchesFolder, configFolder, draft: true };
    const { source: found } = await makeImage(options, toy.context);
    toy.events.length = 0;
    await work({ toy, options, tree: found.repository });
  });

const stateOf = (tree: string): string =>
  [gitIn(tree, 'rev-parse', 'HEAD'), gitIn(tree, 'status', '--porcelain')].join('\n');

const compiledIn = (toy: Toy): number =>
  toy.events.filter((event) => event.type === 'stage-progress' && event.stage === 'build').length;

it('is the series itself where nobody has changed anything', () =>
  withTree(async ({ toy, options }) => {
    const draft = await makeImage(options, toy.context);
    const landed = await makeImage({ ...options, draft: false }, toy.context);
    assert.deepEqual([draft.key, draft.cached, landed.cached], [landed.key, true, true]);
  }));

it('builds what was only saved, and leaves the tree as it is', () =>
  withTree(async ({ toy, options, tree }) => {
    appendFileSync(join(tree, 'kernel/fork.c'), 'int saved;\n');
    writeFileSync(join(tree, 'kernel/fresh.c'), 'int fresh;\n');
    const before = stateOf(tree);
    const image = await makeImage(options, toy.context);
    assert.equal(compiledIn(toy), 2);
    assert.match(readFileSync(image.vmlinux, 'latin1'), /saved.*fresh|fresh.*saved/s);
    assert.equal(stateOf(tree), before);
    const last = image.series.patches.at(-1);
    assert.equal(last?.subject, 'changes that are not committed yet');
    assert.deepEqual(last.files, ['kernel/fork.c', 'kernel/fresh.c']);
    assert.equal((await makeImage(options, toy.context)).cached, true);
  }));

it('builds commits that are no patches yet, and others made anew', () =>
  withTree(async ({ toy, options, tree }) => {
    gitIn(tree, 'commit', '--quiet', '--amend', '-m', 'c/r: documentation, better');
    writeFileSync(join(tree, 'kernel/more.c'), 'int more;\n');
    gitIn(tree, 'add', '-f', 'kernel/more.c');
    gitIn(tree, 'commit', '--quiet', '-m', 'c/r: more');
    const before = stateOf(tree);
    const image = await makeImage(options, toy.context);
    const subjects = image.series.patches.map(({ subject }) => subject);
    assert.deepEqual(subjects.slice(-2), ['c/r: documentation, better', 'c/r: more']);
    assert.equal(compiledIn(toy), 1);
    assert.equal(stateOf(tree), before);
  }));

it('builds a tree that stands in the middle of its series', () =>
  withTree(async ({ toy, options, tree }) => {
    gitIn(tree, 'checkout', '--quiet', 'HEAD~2');
    const image = await makeImage(options, toy.context);
    const whole = await makeImage({ ...options, upto: 1, draft: false }, toy.context);
    assert.equal(image.key, whole.key);
  }));

it('says nothing of a tree moved by hand: it is what was asked for', () =>
  withTree(async ({ toy, options, tree }) => {
    gitIn(tree, 'checkout', '--quiet', 'HEAD~1');
    await makeImage(options, toy.context);
    assert.deepEqual(
      toy.events.filter(({ type }) => type === 'warning'),
      [],
    );
  }));

it('names the line of a file that is not committed when it does not compile', () =>
  withTree(async ({ toy, options, tree }) => {
    appendFileSync(join(tree, 'kernel/fork.c'), 'int wrong\n');
    const error = await failureOf(makeImage(options, toy.context));
    assert.equal(error.code, 'build-failed');
    assert.match(error.what, /changes-that-are-not-committed/);
  }));

it('refuses a conflict that is not resolved', () =>
  withTree(async ({ toy, options, tree }) => {
    gitIn(tree, 'checkout', '--quiet', '-b', 'side', 'HEAD~1');
    rmSync(join(tree, 'kernel/sys.c'));
    writeFileSync(join(tree, 'Makefile'), 'ours\n');
    gitIn(tree, 'commit', '--quiet', '-a', '-m', 'side');
    writeFileSync(join(tree, 'Makefile'), 'theirs\n');
    gitIn(tree, 'stash');
    writeFileSync(join(tree, 'Makefile'), 'again\n');
    gitIn(tree, 'commit', '--quiet', '-a', '-m', 'again');
    assert.throws(() => gitIn(tree, 'stash', 'pop'));
    const error = await failureOf(makeImage(options, toy.context));
    assert.deepEqual([error.code, error.details], ['tree-tangled', ['Makefile']]);
  }));
