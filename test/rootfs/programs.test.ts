import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { isLabError } from '../../harness/core/errors.ts';
import { findCompiler } from '../../rootfs/compiler.ts';
import type { Compiler } from '../../rootfs/compiler.ts';
import { buildPrograms } from '../../rootfs/programs.ts';
import { makeHome } from './built.ts';
import type { TestHome } from './built.ts';

let home: TestHome;
let compiler: Compiler;
let folder = '';
const write = (name: string, text: string) => writeFile(join(folder, name), text);

before(async () => {
  home = await makeHome();
  compiler = await findCompiler();
  folder = join(home.context.scratch, 'src');
  await mkdir(join(folder, 'big'), { recursive: true });
  await mkdir(join(folder, 'common'));
  await write('answer.h', '#define ANSWER 42\n');
  await write('common/tell.c', '#include <stdio.h>\nvoid tell(int n) { printf("%d", n); }\n');
  await write(
    'big/main.c',
    '#include "answer.h"\nvoid tell(int);\nint main(void) { tell(ANSWER); return 0; }\n',
  );
  await write('small.c', 'int main(void) { return 7; }\n');
});
after(() => home.remove());

const build = () => buildPrograms(home.context, compiler, folder);
const pathsByName = async () =>
  Object.fromEntries((await build()).map(({ name, path }) => [name, path]));

describe('buildPrograms', () => {
  it('makes a program of each file and folder, with what is common', async () => {
    const { big = '', small = '', ...others } = await pathsByName();
    assert.deepEqual(others, {});
    assert.equal((await execa(big)).stdout, '42');
    assert.equal((await execa(small, { reject: false })).exitCode, 7);
  });

  it('makes them static', async () => {
    const { big = '' } = await pathsByName();
    const { stdout } = await execa('readelf', ['-lW', big]);
    assert.doesNotMatch(stdout, /INTERP|DYNAMIC/);
  });

  it("takes no header from where the caller's environment points", async () => {
    const wild = join(home.context.scratch, 'wild');
    await mkdir(wild);
    await writeFile(join(wild, 'stdio.h'), '#error the wild header\n');
    await write('wild.c', '#include <stdio.h>\nint main(void) { return puts("tame") < 0; }\n');
    process.env['CPATH'] = wild;
    try {
      const { wild: program = '' } = await pathsByName();
      assert.equal((await execa(program)).stdout, 'tame');
    } finally {
      delete process.env['CPATH'];
      await rm(join(folder, 'wild.c'));
    }
  });

  it('compiles only what a change concerns', async () => {
    const before = await pathsByName();
    await write('small.c', 'int main(void) { return 8; }\n');
    const after = await pathsByName();
    assert.equal(after['big'], before['big']);
    assert.notEqual(after['small'], before['small']);
    await write('answer.h', '#define ANSWER 43\n');
    assert.notEqual((await pathsByName())['big'], before['big']);
  });

  it('notices a program that was damaged in the cache', async () => {
    const { small = '' } = await pathsByName();
    const good = await readFile(small);
    await writeFile(small, Buffer.from(good).fill(0, 100, 200));
    assert.deepEqual(await readFile((await pathsByName())['small'] ?? ''), good);
  });

  it("fails with the compiler's words", async () => {
    await write('small.c', 'int main(void) { return nothing; }\n');
    await assert.rejects(build(), (error) => {
      assert.ok(isLabError(error));
      assert.equal(error.code, 'rootfs-compile');
      assert.match(error.details?.join('\n') ?? '', /small\.c:1:.*nothing/);
      return true;
    });
  });
});
