import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { watchSaves, type Saves } from '../../../harness/session/saves.ts';

const withSaves = async (
  work: (folder: string, saves: Saves, next: () => Promise<readonly string[]>) => Promise<void>,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-saves-'));
  const saves = watchSaves();
  try {
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    mkdirSync(join(folder, '.git'));
    await saves.add(folder);
    await work(folder, saves, () => saves.next(AbortSignal.timeout(5000)));
  } finally {
    saves.close();
    rmSync(folder, { recursive: true });
  }
};

it('tells of a file that is written, however deep', () =>
  withSaves(async (folder, _, next) => {
    writeFileSync(join(folder, 'a/b/file.c'), 'int a;\n');
    assert.deepEqual(await next(), [join(folder, 'a/b/file.c')]);
    appendFileSync(join(folder, 'a/b/file.c'), 'int b;\n');
    assert.deepEqual(await next(), [join(folder, 'a/b/file.c')]);
  }));

it('tells once of what is saved together, and of what was saved while nobody asked', () =>
  withSaves(async (folder, _, next) => {
    writeFileSync(join(folder, 'one'), '1');
    writeFileSync(join(folder, 'a/two'), '2');
    await later(50);
    assert.deepEqual(await next(), [join(folder, 'a/two'), join(folder, 'one')]);
  }));

it('tells of a file that an editor has put in the place of another', () =>
  withSaves(async (folder, _, next) => {
    writeFileSync(join(folder, 'a/.file.swp'), 'new\n');
    renameSync(join(folder, 'a/.file.swp'), join(folder, 'a/file'));
    assert.deepEqual(await next(), [join(folder, 'a/file')]);
  }));

it('watches a folder that is made later', () =>
  withSaves(async (folder, _, next) => {
    mkdirSync(join(folder, 'new'));
    assert.deepEqual(await next(), [join(folder, 'new')]);
    writeFileSync(join(folder, 'new/file'), '1');
    assert.deepEqual(await next(), [join(folder, 'new/file')]);
  }));

it('looks at nothing that is hidden or an editor’s own', () =>
  withSaves(async (folder, saves) => {
    for (const name of ['.git/HEAD', 'a/.file.c.swp', 'a/file.c~', 'a/4913', 'a/file.orig'])
      writeFileSync(join(folder, name), '1');
    const nothing = { name: 'TimeoutError' };
    await assert.rejects(saves.next(AbortSignal.timeout(600)), nothing);
  }));
