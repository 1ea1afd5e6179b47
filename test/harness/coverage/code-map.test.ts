import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { mapCode, renderRanges } from '../../../harness/coverage/code-map.ts';
import { readElf } from '../../../kernel/build/elf.ts';
import { readCompiledFiles, readLineRanges } from '../../../harness/coverage/line-table.ts';

const header = `static inline void
twice(int a)
{
	sink = a * 2;
}

static inline int
unused(int a)
{
	return a;
}
`;

const source = `volatile int sink;
#include "head.h"
int entry(int a)
{
	if (a > 3)
		twice(a);
	return a + 1;
}
`;

/** Compiles the two in a folder and hands on the object. */
async function withObject(
  flags: readonly string[],
  work: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  await withDir(
    async ({ path: folder }) => {
      await mkdir(join(folder, 'sub'));
      await writeFile(join(folder, 'sub/head.h'), header);
      await writeFile(join(folder, 'sub/main.c'), source);
      const output = join(folder, 'out');
      const common = ['-nostdlib', '-static', '-no-pie', '-Wl,-e,entry', '-fcf-protection=none'];
      await execa('gcc', [...common, ...flags, '-o', output, 'sub/main.c'], { cwd: folder });
      await work(output, folder);
    },
    { unsafeCleanup: true },
  );
}

describe('the lines of a program', () => {
  for (const version of [2, 3, 4, 5])
    it(`are found in DWARF ${version}, inlined ones included`, () =>
      withObject([`-gdwarf-${version}`, '-O2'], async (path) => {
        const elf = await readElf(path);
        const map = mapCode(elf, () => true, new Set(['sub/main.c', 'sub/head.h']));
        const linesOf = (file: string) =>
          [...(map.lines.get(file)?.keys() ?? [])].sort((a, b) => a - b);
        const main = linesOf('sub/main.c');
        for (const line of [5, 6, 7])
          assert.ok(main.includes(line), `line ${line} of ${main.join()}`);
        for (const line of [1, 2])
          assert.ok(!main.includes(line), `line ${line} of ${main.join()}`);
        assert.deepEqual(
          linesOf('sub/head.h').filter((line) => line >= 7),
          [],
        );
        assert.ok(linesOf('sub/head.h').includes(4));
        assert.deepEqual(
          map.functions.map(({ name, file }) => [name, file]),
          [['entry', 'sub/main.c']],
        );
        const compiled = [...readCompiledFiles(elf)];
        assert.ok(compiled.some((file) => file.endsWith('sub/main.c')));
      }));

  it('agree with what readelf makes of the table', () =>
    withObject(['-g', '-O1'], async (path) => {
      const ranges = readLineRanges(await readElf(path), (file) => file.endsWith('main.c'));
      const { stdout } = await execa('readelf', ['--debug-dump=decodedline', path]);
      const rows = [...stdout.matchAll(/^main\.c\s+(\d+)\s+(0x[0-9a-f]+)/gm)].map(
        ([, line, address]) => `${line ?? ''} ${BigInt(address ?? '0').toString(16)}`,
      );
      assert.ok(rows.length > 4);
      assert.deepEqual(
        [...new Set(ranges.map(({ line, start }) => `${line} ${start.toString(16)}`))].sort(),
        [...new Set(rows)].sort(),
      );
    }));

  it('are counted only where they are asked about, in ranges that do not touch', () =>
    withObject(['-g', '-O0'], async (path) => {
      const elf = await readElf(path);
      const files = new Set(['sub/main.c']);
      const map = mapCode(elf, (_, line) => line === 6 || line === 7, files);
      assert.deepEqual([...(map.lines.get('sub/main.c')?.keys() ?? [])].sort(), [6, 7]);
      const { ranges } = map;
      ranges.slice(1).forEach(({ start }, index) => assert.ok(start > (ranges[index]?.end ?? 0n)));
      const bytes = ranges.reduce((sum, { start, end }) => sum + Number(end - start), 0);
      assert.equal(map.size, bytes);
      assert.equal(renderRanges(ranges).split('\n').length, ranges.length + 1);
      const positions = [...(map.lines.get('sub/main.c')?.values() ?? [])].flat();
      assert.ok(positions.every((position) => position >= 0 && position < map.size));
    }));

  it('are not looked for in what is no program', async () => {
    await assert.rejects(readElf(import.meta.filename), { code: 'vmlinux-unreadable' });
  });
});
