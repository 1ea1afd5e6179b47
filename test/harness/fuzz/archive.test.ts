import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { joinArchives } from '../../../harness/fuzz/archive.ts';

let folder = '';
before(async () => (folder = await mkdtemp(join(tmpdir(), 'cr-lab-archive-'))));
after(() => rm(folder, { recursive: true }));

describe('joined archives', () => {
  it('have the members of each, whatever their length', async () => {
    const archives: Uint8Array[] = [];
    for (const [name, length] of [
      ['empty', 0],
      ['block', 512],
      ['odd', 1000],
    ] as const) {
      await writeFile(join(folder, name), name.padEnd(length, name).slice(0, length));
      await execa('tar', ['-cf', join(folder, `${name}.tar`), '-C', folder, name]);
      archives.push(await readFile(join(folder, `${name}.tar`)));
    }
    await writeFile(join(folder, 'all.tar'), joinArchives(archives));
    const { stdout } = await execa('tar', ['-tvf', join(folder, 'all.tar')]);
    const members = stdout.split('\n').map((line) => line.split(/\s+/));
    assert.deepEqual(
      members.map((words) => [words[2], words.at(-1)]),
      [
        ['0', 'empty'],
        ['512', 'block'],
        ['1000', 'odd'],
      ],
    );
  });
});
