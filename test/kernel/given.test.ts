import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Context } from '../../harness/core/context.ts';
import { commitSeries } from '../../kernel/tree/apply.ts';
import { readFragments } from '../../kernel/build/fragments.ts';
import { openGiven, type GivenOptions } from '../../kernel/given.ts';
import { readSeries } from '../../kernel/series/series.ts';
import { acquireSource } from '../../kernel/source/source.ts';
import { hasMoved } from '../../kernel/tree/worktree.ts';
import { failureOf, gitIn, withToy } from './toy.ts';
import { commit, format, lines, makeClone } from './series/mails.ts';

const none = { config: [] } as const;

/** A clone of a kernel of some version, with `topic` on `base`. */
function cloneOf(folder: string, [version, patchlevel, sublevel]: readonly number[]): string {
  const clone = makeClone(join(folder, `clone-${version}.${patchlevel}.${sublevel}`));
  gitIn(clone, 'checkout', '--quiet', 'main');
  const makefile = `VERSION = ${version}\nPATCHLEVEL = ${patchlevel}\nSUBLEVEL = ${sublevel}\n`;
  commit(clone, 'a kernel', { Makefile: makefile });
  gitIn(clone, 'tag', '-f', 'base');
  gitIn(clone, 'rebase', '--quiet', 'base', 'topic');
  return clone;
}

/** Opens a series with a scratch folder of its own. */
async function open(options: Partial<GivenOptions>, context: Context) {
  const scratch = join(context.scratch, `s${(count += 1)}`);
  mkdirSync(scratch);
  return openGiven({ ...none, ...options }, { ...context, scratch });
}
let count = 0;

describe('a range of a clone', () => {
  it('becomes a base of its age with the patches and fragments that go with it', () =>
    withToy(async ({ folder, context }) => {
      const repository = cloneOf(folder, [2, 6, 33]);
      const own = join(folder, 'my.config');
      writeFileSync(own, 'CONFIG_MINE=y\n');
      const project = await open({ repository, range: 'base..topic', config: [own] }, context);
      const { base, patchesFolder, configFolder } = project;
      assert.equal(base.name, 'linux-2.6.33');
      assert.deepEqual(base.config.fragments, ['boot', 'guest', 'debug', 'my']);
      const series = await readSeries(base, undefined, patchesFolder);
      assert.deepEqual(
        series.patches.map(({ group, number }) => `${group} ${number}`),
        [
          'toolchain 1',
          'toolchain 2',
          'toolchain 3',
          'toolchain 4',
          'topic 1',
          'topic 2',
          'topic 3',
        ],
      );
      assert.equal((await readSeries(base, 0, patchesFolder)).patches.length, 4);
      const fragments = await readFragments(base, undefined, configFolder);
      assert.equal(fragments.at(-1)?.text, 'CONFIG_MINE=y\n');
      assert.ok(fragments.every(({ text }) => !text.includes('CONFIG_CHECKPOINT=')));
      const [note, ...more] = project.notes;
      assert.match(note ?? '', /^Linux 2\.6\.33 was never tried/);
      assert.deepEqual(more, []);
    }));

  it('applies to the very commits it was made of', () =>
    withToy(async ({ folder, context }) => {
      const repository = cloneOf(folder, [6, 12, 0]);
      const { base, patchesFolder, title } = await open(
        { repository, range: 'base..topic' },
        context,
      );
      assert.match(title, /3 patches, on base of .*\(Linux 6\.12\.0\)/);
      const source = await acquireSource(base, {}, context);
      const series = await readSeries(base, undefined, patchesFolder);
      const { commits } = await commitSeries(source, series, context);
      const tree = gitIn(source.repository, 'rev-parse', `${commits.at(-1) ?? ''}^{tree}`);
      assert.equal(tree, gitIn(repository, 'rev-parse', 'topic^{tree}'));
      assert.match(source.origin, /clone-6\.12\.0.* at base$/);
    }));

  it('takes its tree along when the base moves, files that have not changed as they were', () =>
    withToy(async ({ folder, context }) => {
      const repository = cloneOf(folder, [6, 12, 0]);
      const range = { repository, range: 'base..topic' };
      const first = await acquireSource((await open(range, context)).base, {}, context);
      const kept = join(first.repository, 'kernel/exit.c');
      const before = statSync(kept).mtimeMs;
      gitIn(repository, 'checkout', '--quiet', 'main');
      commit(repository, 'on it goes', { 'kernel/fork.c': lines('fork', { 30: 'int moved;' }) });
      gitIn(repository, 'tag', '-f', 'base');
      gitIn(repository, 'rebase', '--quiet', 'base', 'topic');
      const second = await acquireSource((await open(range, context)).base, {}, context);
      assert.equal(second.repository, first.repository);
      assert.equal(second.id, gitIn(repository, 'rev-parse', 'base^{tree}'));
      assert.match(readFileSync(join(second.repository, 'kernel/fork.c'), 'utf8'), /int moved;/);
      assert.equal(statSync(kept).mtimeMs, before);
      assert.equal(await hasMoved(second.repository), false);
      // And back again, with nothing to copy.
      gitIn(repository, 'tag', '-f', 'base', 'base~1');
      gitIn(repository, 'checkout', '--quiet', '-B', 'topic', 'base');
      commit(repository, 'one', { 'kernel/one.c': 'int one;\n' });
      const third = await acquireSource((await open(range, context)).base, {}, context);
      assert.equal(third.id, first.id);
    }));
});

describe('a mailed series on a clone', () => {
  it('is based on the commit that it names, or that the user names', () =>
    withToy(async ({ folder, context }) => {
      const repository = cloneOf(folder, [6, 12, 0]);
      const mailbox = format(repository, join(folder, 'b.mbox'), '--base=base');
      const told = await open({ repository, mailbox }, context);
      const named = await open({ repository, mailbox, onto: 'base' }, context);
      assert.deepEqual(
        [told.base.source, named.base.source].map((source) => 'treeId' in source && source.treeId),
        [
          gitIn(repository, 'rev-parse', 'base^{tree}'),
          gitIn(repository, 'rev-parse', 'base^{tree}'),
        ],
      );
    }));

  it('is refused where nobody says what it is based on', () =>
    withToy(async ({ folder, context }) => {
      const repository = cloneOf(folder, [6, 12, 0]);
      const mailbox = format(repository, join(folder, 'b.mbox'));
      const error = await failureOf(open({ repository, mailbox }, context));
      assert.equal(error.code, 'series-base-unknown');
      assert.match(error.next, /--onto/);
    }));

  it('is refused where the clone lacks that commit', () =>
    withToy(async ({ folder, context }) => {
      const repository = cloneOf(folder, [6, 12, 0]);
      const mailbox = format(repository, join(folder, 'b.mbox'), '--base=base');
      const other = cloneOf(folder, [6, 1, 9]);
      const error = await failureOf(open({ repository: other, mailbox }, context));
      assert.equal(error.code, 'series-base-unknown');
      assert.match(error.what, /based on [0-9a-f]{40}, which it does not have/);
    }));
});

it('says of a release that nobody has tried that it is a guess', () =>
  withToy(async ({ folder, context }) => {
    const repository = cloneOf(folder, [4, 19, 1]);
    const { notes, base } = await open({ repository, range: 'base..topic' }, context);
    assert.equal(base.name, 'linux-4.19');
    assert.match(notes.join(), /Linux 4\.19 was never tried/);
  }));

describe('options that contradict each other are refused', () => {
  const rows: readonly (readonly [string, Partial<GivenOptions>, RegExp])[] = [
    ['a clone alone', { repository: '/x' }, /no series/],
    ['two series', { mailbox: '/x', patches: '/y' }, /more than one/],
    ['a range of nothing', { range: 'a..b' }, /without a clone/],
    ['two bases', { repository: '/x', range: 'a..b', onto: 'c' }, /its base already/],
    ['a commit of nothing', { mailbox: '/x', onto: 'c' }, /a commit of a clone/],
    [
      'a clone and a base',
      { repository: '/x', range: 'a..b', base: 'v6.1' },
      /commit of the clone/,
    ],
  ];
  for (const [name, options, words] of rows)
    it(name, () =>
      withToy(async ({ context }) => {
        const error = await failureOf(open(options, context));
        assert.equal(error.fault, 'usage');
        assert.match(error.what, words);
      }),
    );
});

it('tells of a broken line in a fragment of the user by its own name', () =>
  withToy(async ({ folder, context }) => {
    const own = join(folder, 'my.config');
    writeFileSync(own, 'CONFIG_MINE\n');
    const error = await failureOf(open({ mailbox: '/x', config: [own] }, context));
    assert.match(error.what, /my\.config:1: "CONFIG_MINE"/);
  }));
