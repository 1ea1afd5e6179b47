import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toolEnvironment } from '../../../harness/core/tool-environment.ts';

it('passes on what a compiler needs to run', () => {
  const env = { PATH: '/bin', HOME: '/root', TMPDIR: '/big', LD_LIBRARY_PATH: '/opt/gcc/lib' };
  assert.deepEqual(toolEnvironment(env), env);
  assert.deepEqual(toolEnvironment({ PATH: '/bin', HOME: undefined }), { PATH: '/bin' });
});

it('passes on nothing that changes what a compiler or a make makes', () => {
  const names = [
    ...['KCFLAGS', 'KCPPFLAGS', 'KAFLAGS', 'LLVM', 'LLVM_IAS', 'ARCH', 'CROSS_COMPILE', 'CC'],
    ...['CPATH', 'C_INCLUDE_PATH', 'LIBRARY_PATH', 'COMPILER_PATH', 'GCC_EXEC_PREFIX', 'REALGCC'],
    ...['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'KBUILD_OUTPUT', 'KCONFIG_CONFIG', 'CFLAGS', 'V', 'C'],
    ...['CCACHE_SLOPPINESS', 'SOURCE_DATE_EPOCH', 'LC_ALL', 'GCC_COLORS', 'INSTALL_PATH'],
  ];
  assert.deepEqual(toolEnvironment(Object.fromEntries(names.map((name) => [name, 'x']))), {});
});
