import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withDir } from 'tmp-promise';
import { keepHomeSmall, choosePrunable, pruneHome } from '../../../harness/store/cache-prune.ts';
import { listKept, type Kept } from '../../../harness/store/cache-list.ts';
import { noteUse } from '../../../harness/store/cache-use.ts';
import { keep } from '../../../harness/store/cache.ts';
import { findLabHome, type LabHome } from '../../../harness/core/home.ts';
import { withLock } from '../../../harness/core/lock.ts';

const hour = 3_600_000;

const inHome = (work: (home: LabHome) => Promise<void>) =>
  withDir(({ path }) => work(findLabHome({ LAB_HOME: path })), { unsafeCleanup: true });

/** Makes an entry as an earlier lab would have, so many hours ago. */
async function put(home: LabHome, kind: 'images' | 'guests', name: string, hours: number) {
  const path = join(home[kind], name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'file'), Buffer.alloc(100_000));
  const then = new Date(Date.now() - hours * hour);
  await utimes(path, then, then);
  return path;
}

const names = (kept: readonly Kept[]) => kept.map(({ name }) => name).sort();

describe('the list', () => {
  it('tells kind, size, last use and whether a lab uses it', () =>
    inHome(async (home) => {
      await put(home, 'images', 'old', 30);
      await keep(home.guests, 'new', (path) => writeFile(join(path, 'state'), 'x'));
      const [first, second] = await listKept(home);
      assert.deepEqual([first?.kind, first?.name, first?.busy], ['guests', 'new', true]);
      assert.deepEqual([second?.kind, second?.name, second?.busy], ['images', 'old', false]);
      assert.ok(second !== undefined && second.bytes >= 100_000 && second.bytes < 200_000);
      assert.equal(Math.round((Date.now() - second.used) / hour), 30);
    }));

  it('of an empty home is empty', () =>
    inHome(async (home) => assert.deepEqual(await listKept(home), [])));
});

describe('pruning', () => {
  const kept = (name: string, more: Partial<Kept>): Kept => ({
    ...{ kind: 'images', name, path: `/${name}`, bytes: 10, used: 0, busy: false },
    ...more,
  });
  const four = [40, 30, 20, 10].map((used) => kept(`at ${used}`, { used }));

  it('goes by age, by number and by size, each kind for itself', () => {
    const guest = kept('guest', { kind: 'guests', used: 1 });
    const all = [...four, guest];
    const chosen = (rules: Parameters<typeof choosePrunable>[1]) =>
      names(choosePrunable(all, rules, 50));
    assert.deepEqual(chosen({}), []);
    assert.deepEqual(chosen({ olderThan: 30 }), ['at 10', 'guest']);
    assert.deepEqual(chosen({ keep: 2 }), ['at 10', 'at 20']);
    assert.deepEqual(chosen({ limits: { images: 35 } }), ['at 10']);
    assert.deepEqual(chosen({ limits: { guests: 5 } }), ['guest']);
  });

  it('never chooses what a lab at work uses, and counts it', () => {
    const busy = four.map((each) => ({ ...each, busy: each.name === 'at 40' }));
    assert.deepEqual(names(choosePrunable(busy, { keep: 0 }, 50)), ['at 10', 'at 20', 'at 30']);
    assert.deepEqual(names(choosePrunable(busy, { keep: 1 }, 50)), ['at 10', 'at 20', 'at 30']);
  });

  it('removes what it says, and nothing else', () =>
    inHome(async (home) => {
      await put(home, 'images', 'old', 50);
      await put(home, 'images', 'young', 1);
      await put(home, 'guests', 'old', 50);
      const gone = await pruneHome(home, { olderThan: 24 * hour });
      assert.deepEqual(names(gone), ['old', 'old']);
      assert.deepEqual(await readdir(home.images), ['young']);
      assert.deepEqual(await readdir(home.guests), []);
    }));

  it('leaves what another lab makes, waits for or has begun to use', () =>
    inHome(async (home) => {
      const held = await put(home, 'images', 'held', 50);
      await put(home, 'images', 'used', 50);
      await put(home, 'images', 'free', 50);
      await noteUse(home.images, 'used');
      const old = new Date(Date.now() - 50 * hour);
      await utimes(join(home.images, 'used'), old, old);
      await withLock(held, async () => {
        assert.deepEqual(names(await pruneHome(home, { keep: 0 })), ['free']);
      });
      assert.ok(existsSync(held) && existsSync(join(home.images, 'used')));
    }));

  it('removes a build folder under the lock of its base’s tree', () =>
    inHome(async (home) => {
      const folder = join(home.builds, 'v6.1-boot-guest');
      await mkdir(folder, { recursive: true });
      await withLock(join(home.trees, 'v6.1'), async () => {
        assert.deepEqual(await pruneHome(home, { keep: 0 }), []);
      });
      assert.deepEqual(names(await pruneHome(home, { keep: 0 })), ['v6.1-boot-guest']);
      assert.ok(!existsSync(folder));
    }));

  it('removes what killed labs have left half made, unless it is being made', () =>
    inHome(async (home) => {
      const partial = join(home.images, '.abc.partial-Xy12');
      await mkdir(partial, { recursive: true });
      await withLock(join(home.images, 'abc'), () => pruneHome(home, {}));
      assert.ok(existsSync(partial));
      await pruneHome(home, {});
      assert.deepEqual(await readdir(home.images), []);
    }));
});

describe('a run', () => {
  it('holds the home to its limits once a day', () =>
    inHome(async (home) => {
      const texts: string[] = [];
      const run = () =>
        keepHomeSmall({
          home,
          emit: (event) => texts.push('text' in event ? event.text : event.type),
        });
      const within = await put(home, 'images', 'old', 5000);
      await mkdir(join(home.guests, '.abc.partial-Xy12'), { recursive: true });
      await run();
      assert.deepEqual([texts, existsSync(within)], [[], true]);
      assert.deepEqual(await readdir(home.guests), []);
      await mkdir(join(home.guests, '.abc.partial-Xy12'), { recursive: true });
      await run();
      assert.equal((await readdir(home.guests)).length, 1, 'not twice a day');
      const yesterday = new Date(Date.now() - 25 * hour);
      await utimes(join(home.facts, 'pruned'), yesterday, yesterday);
      await run();
      assert.deepEqual(await readdir(home.guests), []);
    }));
});
