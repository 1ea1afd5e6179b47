import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { isLabError } from '../../harness/core/errors.ts';
import { findCompiler, findLibrary } from '../../rootfs/compiler.ts';
import { makeHome } from './built.ts';

const steps = (folder: string) =>
  [
    'Using built-in specs.',
    ` /usr/lib/gcc/collect2 -nostdlib -static "/x/crt1.o" -L${folder} -L /usr/lib/gcc/12/. -lc`,
  ].join('\n');

it("takes musl's library from where a link would", async () => {
  const home = await makeHome();
  try {
    const folder = join(home.context.scratch, 'lib');
    await mkdir(folder);
    await writeFile(join(folder, 'libc.a'), '');
    assert.equal(await findLibrary(steps(folder)), join(folder, 'libc.a'));
  } finally {
    await home.remove();
  }
});

it('says so where the static library is not installed', async () => {
  await assert.rejects(findLibrary(steps('/nowhere')), (error) => {
    assert.ok(isLabError(error));
    assert.equal(error.code, 'rootfs-no-static-library');
    assert.match(error.what, /\/nowhere/);
    assert.match(error.next, /musl-libc-static/);
    return true;
  });
});

it('identifies the compiler and the library of this machine, the same each time', async () => {
  const { identity } = await findCompiler();
  assert.match(identity, /^gcc \d+\.\d+\.\d+, libc\.a \w{16,}/);
  assert.equal((await findCompiler()).identity, identity);
});
