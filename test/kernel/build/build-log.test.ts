import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readBuildLog } from '../../../kernel/build/build-log.ts';

const roots = ['/home/me/trees/v2.6.30', '/home/me/builds/v2.6.30'];

it('ties warnings to the object they came with, and names files from the tree', () => {
  const log = readBuildLog(roots);
  const counted = [
    '  CC      kernel/fork.o',
    'In file included from /home/me/trees/v2.6.30/include/linux/sched.h:5,',
    '                 from /home/me/trees/v2.6.30/kernel/fork.c:9:',
    "/home/me/trees/v2.6.30/include/linux/mm.h:12:3: warning: unused variable 'x' [-Wunused]",
    '  LD      kernel/built-in.o',
    '  CC      checkpoint/sys.o',
    '/home/me/trees/v2.6.30/checkpoint/sys.c:7: warning: no column here',
    'include/linux/autoconf.h:3:1: warning: generated',
  ].filter((line) => log.read(line) !== undefined);
  assert.deepEqual(counted, ['  CC      kernel/fork.o', '  CC      checkpoint/sys.o']);
  assert.deepEqual(log.warnings(), {
    'kernel/fork.o': [
      { file: 'include/linux/mm.h', line: 12, text: "unused variable 'x' [-Wunused]" },
    ],
    'kernel/built-in.o': [],
    'checkpoint/sys.o': [
      { file: 'checkpoint/sys.c', line: 7, text: 'no column here' },
      { file: 'include/linux/autoconf.h', line: 3, text: 'generated' },
    ],
  });
});

it("counts the assembler's warnings too", () => {
  const log = readBuildLog(roots);
  for (const line of ['  CC      a.o', 'a.c: Assembler messages:', 'a.c:91: Warning: no suffix'])
    log.read(line);
  assert.deepEqual(log.warnings(), { 'a.o': [{ file: 'a.c', line: 91, text: 'no suffix' }] });
});

it("forgets an object's warnings when it is compiled again", () => {
  const log = readBuildLog(roots);
  for (const line of ['  CC      a.o', 'a.c:1:1: warning: w', '  CC      a.o']) log.read(line);
  assert.deepEqual(log.warnings(), { 'a.o': [] });
});

const errors: Record<string, string> = {
  'a compiler error': '/home/me/trees/v2.6.30/kernel/fork.c:9:2: error: expected ;',
  'a missing header':
    '/home/me/trees/v2.6.30/a.c:1:10: fatal error: b.h: No such file or directory',
  'a linker error': "ld: kernel/built-in.o: undefined reference to `sys_checkpoint'",
  "make's own": 'make[2]: *** [kernel/fork.o] Error 1',
  'a full disk': 'as: BFD: kernel/fork.o: final close failed: No space left on device',
};

for (const [name, line] of Object.entries(errors))
  it(`sees ${name}`, () => {
    const log = readBuildLog(roots);
    log.read(line);
    assert.deepEqual(log.errors(), [line.replace('/home/me/trees/v2.6.30/', '')]);
  });

it('takes a warning or a source line about errors for no error', () => {
  const log = readBuildLog(roots);
  for (const line of [
    '  CC      lib/error-inject.o',
    'a.c:3:1: warning: unused [-Werror=unused]',
    '    3 | static int error(void)',
  ])
    log.read(line);
  assert.deepEqual(log.errors(), []);
});
