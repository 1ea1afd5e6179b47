import assert from 'node:assert/strict';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { withDir } from 'tmp-promise';
import { findUsed, noteUse } from '../../../harness/store/cache-use.ts';
import { findSelf } from '../../../harness/core/process-id.ts';

const longAgo = new Date(Date.now() - 25 * 3_600_000);

const inFolder = (work: (path: string) => Promise<void>) =>
  withDir(({ path }) => work(path), { unsafeCleanup: true });

it('is known while the lab lives that uses an entry, and dates the entry', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'a'));
    await mkdir(join(folder, 'b'));
    await utimes(join(folder, 'a'), longAgo, longAgo);
    await noteUse(folder, 'a');
    assert.deepEqual([...(await findUsed(folder))], ['a']);
    assert.ok(Date.now() - (await stat(join(folder, 'a'))).mtimeMs < 60_000);
  }));

it('ends with that lab', () =>
  inFolder(async (folder) => {
    const self = (await findSelf()) ?? '';
    // The same process id, given to a process that began at another time.
    const dead = self.replace(/\d+$/, '7');
    await mkdir(join(folder, '.users'));
    await writeFile(join(folder, '.users', dead), 'a\n');
    assert.deepEqual([...(await findUsed(folder))], []);
    assert.deepEqual(await readdir(join(folder, '.users')), []);
  }));

it('of a lab on another machine counts for a day', () =>
  inFolder(async (folder) => {
    const users = join(folder, '.users');
    await mkdir(users);
    for (const [name, time] of [
      ['elsewhere.1.2.3', new Date()],
      ['elsewhere.1.2.4', longAgo],
    ] as const) {
      await writeFile(join(users, name), `${name}\n`);
      await utimes(join(users, name), time, time);
    }
    assert.deepEqual([...(await findUsed(folder))], ['elsewhere.1.2.3']);
  }));

it('is nothing that must be written', () =>
  inFolder(async (folder) => {
    await noteUse(join(folder, 'gone'), 'a');
    assert.deepEqual(await readdir(folder), []);
  }));
