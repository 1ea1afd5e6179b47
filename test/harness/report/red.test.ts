import assert from 'node:assert/strict';
import { it } from 'node:test';
import { explainCase } from '../../../harness/report/red.ts';
import { caseResult, crashed } from './recorded.ts';

/** What 2.6.30 left of a null pointer in `checkpoint/files.c`, decoded, in the order of its stack. */
const stack = [
  ['ckpt_trial', 0x68, 'checkpoint/files.c', 83, '0016 c/r: open files'],
  ['checkpoint_mm_struct', undefined, 'checkpoint/memory.c', 293, '0017 c/r: private memory'],
  ['checkpoint_mm', 0x8d, 'checkpoint/memory.c', 333, '0017 c/r: private memory'],
  ['vfs_write', 0xe3, 'fs/read_write.c', 351, undefined],
  ['stub_checkpoint', 0x13, 'arch/x86/kernel/entry_64.S', 718, undefined],
] as const;
const frames = stack.map(([name, offset, file, line, patch]) => ({
  function: name,
  file,
  line,
  reliable: name !== 'vfs_write',
  ...(offset === undefined ? {} : { offset }),
  ...(patch === undefined ? {} : { patch }),
}));
const [oops] = crashed.findings;
const result = caseResult({
  ...crashed,
  findings: oops === undefined ? [] : [{ ...oops, stack: frames }],
  artefact: {
    name: 'image',
    path: '/tmp/lab-1/image-1',
    lines: ['broken at byte 283'],
    file: 'image-v2.6.30-1-7',
  },
  otherArtefacts: [{ name: 'image', path: 'v2.6.30-2: /tmp/lab-2/image', lines: ['SUMMARY'] }],
  look: ['npm run lab -- gdb x', 'npm run lab -- shell x'],
});
const guest = {
  name: 'v2.6.30-1',
  base: 'v2.6.30',
  how: 'booted' as const,
  commandLine: [],
  findings: [],
  consoleLog: 'a',
  start: 0,
  manual: 'qemu-system-x86_64 -M pc',
} as const;

it('tells whose line an oops is at, the image, and what to type next', () => {
  const lines = explainCase(result, { bases: ['v2.6.30'], guests: [guest], cases: [result] });
  const from = lines.findIndex((line) => line.startsWith('  kernel oops'));
  assert.deepEqual(lines.slice(from + 1, from + 10), [
    '    introduced by 0016 c/r: open files: it wrote checkpoint/files.c:83, in ckpt_trial()',
    '    at ckpt_trial+0x68 (checkpoint/files.c:83), by 0016 c/r: open files',
    '    at checkpoint_mm_struct, inlined (checkpoint/memory.c:293), by 0017 c/r: private memory',
    '    at checkpoint_mm+0x8d (checkpoint/memory.c:333), by 0017 c/r: private memory',
    '    at stub_checkpoint+0x13 (arch/x86/kernel/entry_64.S:718)',
    '  image (/tmp/lab-1/image-1, kept as image-v2.6.30-1-7):',
    '  | broken at byte 283',
    '  image (v2.6.30-2: /tmp/lab-2/image):',
    '  | SUMMARY',
  ]);
  assert.deepEqual(lines.slice(-3), [
    '  look:  npm run lab -- gdb x',
    '  look:  npm run lab -- shell x',
    '  QEMU:  qemu-system-x86_64 -M pc',
  ]);
});
