import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { withDir } from 'tmp-promise';
import { keep, keyOf } from '../../../harness/store/cache.ts';
import { isLabError } from '../../../harness/core/errors.ts';

const inFolder = (work: (path: string) => Promise<void>) =>
  withDir(({ path }) => work(path), { unsafeCleanup: true });

const fill = (text: string) => (path: string) => writeFile(join(path, 'file'), text);

it('makes an entry once and finds it again', () =>
  inFolder(async (folder) => {
    const first = await keep(folder, 'k', fill('one'));
    const second = await keep(folder, 'k', fill('two'));
    assert.deepEqual([first.hit, second.hit], [false, true]);
    assert.equal(await readFile(join(second.path, 'file'), 'utf8'), 'one');
  }));

it('leaves nothing behind when making fails', () =>
  inFolder(async (folder) => {
    const broken = async (path: string) => {
      await fill('half')(path);
      throw new Error('disk full');
    };
    await assert.rejects(keep(folder, 'k', broken), /disk full/);
    assert.deepEqual(await readdir(folder), []);
  }));

it('says that the disk is full, and leaves nothing behind', () =>
  inFolder(async (folder) => {
    const full = async (path: string) => {
      await fill('half')(path);
      throw Object.assign(new Error('write'), { code: 'ENOSPC' });
    };
    await assert.rejects(
      keep(folder, 'k', full),
      (error) => isLabError(error) && error.code === 'disk-full' && error.what.includes(folder),
    );
    assert.deepEqual(await readdir(folder), []);
  }));

it('fills a folder that no killed lab can write into, and removes theirs', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, '.k.partial-abcdef'));
    const makers: string[] = [];
    await keep(folder, 'k', (path) => {
      makers.push(path);
      return fill('one')(path);
    });
    assert.notEqual(makers[0], join(folder, '.k.partial-abcdef'));
    assert.deepEqual((await readdir(folder)).sort(), ['.users', 'k']);
  }));

const damages: Record<string, (path: string) => Promise<void>> = {
  'one byte more': (path) => appendFile(join(path, 'file'), 'x'),
  'one byte less': (path) => truncate(join(path, 'file'), 2),
  'one bit flipped': (path) => writeFile(join(path, 'file'), 'ooe'),
  'a file gone': (path) => rm(join(path, 'file')),
  'no manifest': (path) => rm(join(path, '.manifest.json')),
  'half a manifest': (path) => truncate(join(path, '.manifest.json'), 9),
};

for (const [name, damage] of Object.entries(damages)) {
  it(`notices ${name} and makes the entry again`, () =>
    inFolder(async (folder) => {
      const { path } = await keep(folder, 'k', fill('one'));
      await damage(path);
      const again = await keep(folder, 'k', fill('two'));
      assert.equal(again.hit, false);
      assert.match(again.damage ?? '', /missing|changed|damaged/);
      assert.equal(await readFile(join(path, 'file'), 'utf8'), 'two');
    }));
}

it('lets one of two at once make the entry and the other find it', () =>
  inFolder(async (folder) => {
    const entries = await Promise.all([keep(folder, 'k', fill('a')), keep(folder, 'k', fill('b'))]);
    assert.deepEqual(entries.map((entry) => entry.hit).sort(), [false, true]);
  }));

it('gives one key to the same inputs in any order and another to others', () => {
  assert.equal(keyOf({ a: 1, b: { c: 2, d: 3 } }), keyOf({ b: { d: 3, c: 2 }, a: 1 }));
  assert.notEqual(keyOf({ a: 1 }), keyOf({ a: 2 }));
});
