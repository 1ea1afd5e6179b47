import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Coverage } from '../../../harness/core/coverage.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import { keepReached, readReached } from '../../../harness/coverage/reached.ts';

const lines = (rows: readonly (readonly [line: number, cases: readonly number[]])[]) =>
  rows.map(([line, cases]) => ({ line, text: '', hits: cases.length, cases }));

const coverage = {
  base: 'v2.6.30',
  cases: ['boot', 'cases/a.ts > s > one', 'cases/a.ts > s > two', 'cases/b.ts > s > three'],
  files: [
    {
      path: 'fs/x.c',
      lines: lines([
        [1, [0, 1]],
        [2, [1, 2]],
        [3, [1]],
        [9, [1, 3]],
      ]),
    },
  ],
} as unknown as Coverage;

it('is kept by case, for the image that it was seen on, a file at a time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reached-'));
  const home = findLabHome({ LAB_HOME: folder });
  await mkdir(home.facts, { recursive: true });
  try {
    await keepReached(coverage, 'image-1', home);
    const a = {
      image: 'image-1',
      cases: {
        'cases/a.ts > s > one': { 'fs/x.c': '1-3,9' },
        'cases/a.ts > s > two': { 'fs/x.c': '2' },
      },
    };
    const b = { image: 'image-1', cases: { 'cases/b.ts > s > three': { 'fs/x.c': '9' } } };
    const known = await readReached('v2.6.30', 'image-1', home);
    assert.deepEqual(known, { 'cases/a.ts': a, 'cases/b.ts': b });
    assert.deepEqual(await readReached('v2.6.30', 'image-2', home), {});
    assert.deepEqual(await readReached('v6.1', 'image-1', home), {});

    const later = { ...coverage, cases: coverage.cases.slice(0, 3) };
    await keepReached(later, 'image-2', home);
    assert.deepEqual(await readReached('v2.6.30', 'image-1', home), { 'cases/b.ts': b });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
