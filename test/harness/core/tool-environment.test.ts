import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { toolEnvironment } from '../../../harness/core/tool-environment.ts';

it('passes on what a compiler needs to run', () => {
  const env = { PATH: '/bin', HOME: '/root', TMPDIR: '/big', LD_LIBRARY_PATH: '/opt/gcc/lib' };
  assert.deepEqual(toolEnvironment(env), { ...env, SHLVL: '2' });
  assert.deepEqual(toolEnvironment({ PATH: '/bin', HOME: undefined }), {
    PATH: '/bin',
    SHLVL: '2',
  });
});

it('passes on nothing that changes what a compiler or a make makes', () => {
  const names = [
    ...['KCFLAGS', 'KCPPFLAGS', 'KAFLAGS', 'LLVM', 'LLVM_IAS', 'ARCH', 'CROSS_COMPILE', 'CC'],
    ...['CPATH', 'C_INCLUDE_PATH', 'LIBRARY_PATH', 'COMPILER_PATH', 'GCC_EXEC_PREFIX', 'REALGCC'],
    ...['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'KBUILD_OUTPUT', 'KCONFIG_CONFIG', 'CFLAGS', 'V', 'C'],
    ...['CCACHE_SLOPPINESS', 'SOURCE_DATE_EPOCH', 'LC_ALL', 'GCC_COLORS', 'INSTALL_PATH'],
  ];
  assert.deepEqual(toolEnvironment(Object.fromEntries(names.map((name) => [name, 'x']))), {
    SHLVL: '2',
  });
});

it("keeps the caller's ~/.bashrc out of makefiles whose input comes from the lab", async () => {
  await withDir(
    async ({ path: home }) => {
      await writeFile(join(home, '.bashrc'), 'echo bashrc was read\n');
      const said = (env: Record<string, string>) =>
        execa('/bin/bash', ['-c', 'echo done'], { env, extendEnv: false, input: '\n' });
      const env = { PATH: process.env['PATH'] ?? '', HOME: home };
      assert.equal((await said(toolEnvironment(env))).stdout, 'done');
    },
    { unsafeCleanup: true },
  );
});
