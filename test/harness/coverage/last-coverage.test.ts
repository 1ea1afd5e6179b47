import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { withDir } from 'tmp-promise';
import { renderJson } from '../../../harness/coverage/render.ts';
import { findLastCoverage } from '../../../harness/coverage/last-coverage.ts';
import type { Coverage } from '../../../harness/core/coverage.ts';

const totals = { withCode: 10, reached: 9, explained: 0, leftOut: 1 };

function coverageOf(base: string, cases: readonly string[]): Coverage {
  const patches = [{ number: 1, subject: 'a: b', ...totals }];
  return { base, cases, files: [], patches, totals, stale: [] };
}

it('is the newest run that has covered the base', () =>
  withDir(
    async ({ path }) => {
      const write = async (name: string, coverages?: readonly Coverage[]) => {
        await mkdir(join(path, name));
        if (coverages !== undefined)
          await writeFile(join(path, name, 'coverage.json'), renderJson(coverages));
      };
      assert.equal(await findLastCoverage(join(path, 'nothing'), 'v6.1'), undefined);
      await write('2026-01-01-a', [coverageOf('v6.1', ['one'])]);
      await write('2026-01-02-b', [coverageOf('v6.1', ['one', 'two']), coverageOf('other', [])]);
      await write('2026-01-03-c', [coverageOf('other', [])]);
      await write('2026-01-04-d');
      const found = await findLastCoverage(path, 'v6.1');
      assert.deepEqual(found, {
        folder: join(path, '2026-01-02-b'),
        cases: 2,
        patches: [{ number: 1, subject: 'a: b', ...totals }],
      });
      assert.equal(await findLastCoverage(path, 'v2.6.30'), undefined);
    },
    { unsafeCleanup: true },
  ));
