import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { makeScratch } from '../../../harness/core/scratch.ts';

let folder: string;
let space: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scratch-'));
  space = /\d+/.exec(await readlink('/proc/self/ns/pid'))?.[0] ?? '';
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('goes when it is removed, with all that is in it', async () => {
  const { path, remove } = await makeScratch(folder);
  await mkdir(join(path, 'guest'));
  await writeFile(join(path, 'guest/file'), '');
  await remove();
  assert.equal(existsSync(path), false);
});

it('leaves room for a socket’s name', async () => {
  const { path, remove } = await makeScratch();
  assert.ok(path.length < 60, path);
  await remove();
});

it('removes what a killed run has left, and nothing of anyone else', async () => {
  // A process that has ended and been waited for.
  const { pid } = spawnSync('true');
  const others = [`lab-${space}-${process.pid}-mine`, `lab-1-${pid}-other-namespace`, 'lab-notes'];
  for (const name of [...others, `lab-${space}-${pid}-left`]) await mkdir(join(folder, name));
  const { path, remove } = await makeScratch(folder);
  await remove();
  assert.deepEqual((await readdir(folder)).sort(), [...others].sort(), path);
});

it('goes when the process exits, though nobody removed it', async () => {
  const module = join(import.meta.dirname, '../../../harness/core/scratch.ts');
  const script = `const { makeScratch } = await import('${module}');
    const { path } = await makeScratch('${folder}');
    (await import('node:fs')).writeFileSync(path + '/file', '');
    process.exit(130);`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  assert.equal(spawnSync(process.execPath, args, { stdio: 'inherit' }).status, 130);
  assert.deepEqual(await readdir(folder), []);
});

it('says what TMPDIR names where no folder can be made', async () => {
  const nowhere = join(folder, 'nowhere');
  for (const place of [nowhere, '/proc'])
    await assert.rejects(makeScratch(place), (error) => {
      assert.ok(isLabError(error), String(error));
      assert.deepEqual([error.code, error.fault], ['temporary-unusable', 'infrastructure']);
      assert.ok(error.what.startsWith(`${place}: ENOENT`), error.what);
      assert.match(error.next, /TMPDIR/);
      return true;
    });
});
