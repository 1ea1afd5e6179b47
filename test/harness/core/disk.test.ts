import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withDir } from 'tmp-promise';
import { makeFolder } from '../../../harness/core/disk.ts';

describe('makeFolder', () => {
  it('makes those above it as well, and takes what is there', () =>
    withDir(
      async ({ path }) => {
        const deep = join(path, 'a/b/c');
        await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(path, 'a/b/d'))]);
        await makeFolder(deep);
        assert.ok(existsSync(deep) && existsSync(join(path, 'a/b/d')));
      },
      { unsafeCleanup: true },
    ));

  it('refuses a place where none can be made, and ends', { timeout: 10_000 }, () =>
    assert.rejects(makeFolder('/proc/nope/deeper'), { code: 'not-writable' }),
  );

  it('refuses a path through a file', () =>
    withDir(
      async ({ path }) => {
        await writeFile(join(path, 'file'), '');
        await assert.rejects(makeFolder(join(path, 'file')), { code: 'EEXIST' });
        await assert.rejects(makeFolder(join(path, 'file/below')), { code: 'ENOTDIR' });
      },
      { unsafeCleanup: true },
    ));
});
