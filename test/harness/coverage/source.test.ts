import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findLeftOut } from '../../../harness/coverage/conditionals.ts';
import { matchesGlob } from '../../../harness/coverage/glob.ts';
import { findBuildSwitches } from '../../../harness/coverage/makefiles.ts';
import { nameSwitch } from '../../../harness/coverage/render.ts';
import { findCode } from '../../../harness/coverage/source-text.ts';

const settings = new Map([
  ['ON', 'y'],
  ['NUMBER', '8'],
  ['OFF', 'n'],
]);

/** What of `x` is compiled: `yes`, or what it needs. */
const conditions: readonly (readonly [string, string])[] = [
  ['#ifdef CONFIG_ON\nx\n#endif', 'yes'],
  ['#ifdef CONFIG_OFF\nx\n#endif', 'CONFIG_OFF'],
  ['#ifndef CONFIG_ON\nx\n#endif', 'no CONFIG_ON'],
  ['#ifdef CONFIG_ON\n#else\nx\n#endif', 'no CONFIG_ON'],
  ['#ifdef CONFIG_OFF\n#else\nx\n#endif', 'yes'],
  ['#ifdef CONFIG_NEW\nx\n#endif', 'CONFIG_NEW'],
  ['#if defined(CONFIG_ON) && defined(CONFIG_OFF)\nx\n#endif', 'CONFIG_OFF'],
  ['#if defined(CONFIG_OFF) || defined CONFIG_NEW\nx\n#endif', 'CONFIG_OFF, CONFIG_NEW'],
  ['#if defined(CONFIG_OFF) && \\\n    defined(CONFIG_NEW)\nx\n#endif', 'CONFIG_OFF, CONFIG_NEW'],
  ['#if IS_ENABLED(CONFIG_OFF)\nx\n#endif', 'CONFIG_OFF'],
  ['#if !(defined(CONFIG_ON))\nx\n#endif', 'no CONFIG_ON'],
  ['#if 0\nx\n#endif', ''],
  ['#if 1\nx\n#endif', 'yes'],
  ['#if CONFIG_NUMBER > 4\nx\n#endif', 'yes'],
  ['#if (CONFIG_NUMBER - 1) > 4 && defined(CONFIG_OFF)\nx\n#endif', 'CONFIG_OFF'],
  ['#ifdef __ASSEMBLY__\nx\n#endif', 'yes'],
  ['#if defined(CONFIG_ON)\n#elif defined(CONFIG_OFF)\nx\n#endif', 'no CONFIG_ON, CONFIG_OFF'],
  ['#ifdef CONFIG_OFF\n#ifdef CONFIG_ON\nx\n#endif\n#endif', 'CONFIG_OFF'],
  ['#ifdef CONFIG_OFF /* why */\n#endif\nx', 'yes'],
];

describe('conditions of the preprocessor', () => {
  for (const [text, expected] of conditions)
    it(text.replaceAll('\n', ' | '), () => {
      const lines = text.split('\n');
      const found = findLeftOut(lines, settings)[lines.indexOf('x')];
      const words = found === undefined ? 'yes' : found.map(nameSwitch).sort().join(', ');
      assert.equal(words, expected === 'yes' ? expected : expected.split(', ').sort().join(', '));
    });
});

const makefiles: Readonly<Record<string, string>> = {
  'fs/Makefile': 'obj-y += open.o\nobj-$(CONFIG_EXT) += ext/ other/\n',
  'fs/ext/Makefile': [
    'obj-$(CONFIG_EXT) += ext.o',
    'ext-y := file.o \\',
    '\tdir.o',
    'ext-$(CONFIG_ACL) += acl.o',
    'obj-$(CONFIG_ON) += on.o',
  ].join('\n'),
};

const files: readonly (readonly [string, readonly string[]])[] = [
  ['fs/open.c', []],
  ['fs/ext/dir.c', ['CONFIG_EXT']],
  ['fs/ext/acl.c', ['CONFIG_ACL', 'CONFIG_EXT']],
  ['fs/ext/on.c', ['CONFIG_EXT']],
  ['fs/ext/entry.S', ['CONFIG_EXT']],
  ['mm/slob.c', []],
];

describe('what would have a file built', () => {
  for (const [file, expected] of files)
    it(file, async () => {
      const found = await findBuildSwitches(file, settings, (path) =>
        Promise.resolve(makefiles[path]),
      );
      assert.deepEqual(found.map(nameSwitch), expected);
    });
});

const codes: readonly (readonly [string, readonly boolean[]])[] = [
  ['int a;\n\n/* text */\n// text', [true, false, false, false]],
  ['/* one\n two */ int b;\n}', [false, true, false]],
  ['char *s = "/*";\nint c;', [true, true]],
  ['#define X \\\n\tfoo(\\\n\tbar)\nx();', [false, false, false, true]],
];

it('tells lines with code from others', () => {
  for (const [text, expected] of codes)
    assert.deepEqual(findCode(text.split('\n')), expected, text);
});

const globs: readonly (readonly [string, string, boolean])[] = [
  ['kernel/fork.c', 'kernel/*.c', true],
  ['kernel/time/ntp.c', 'kernel/*.c', false],
  ['kernel/time/ntp.c', 'kernel/**', true],
  ['kernel/time/ntp.c', '**/ntp.c', true],
  ['ntp.c', '**/ntp.c', true],
  ['fs/ext2/file.c', 'fs/ext?/', true],
  ['kernel/forkxc', 'kernel/fork.c', false],
];

it('matches patterns', () => {
  for (const [path, pattern, expected] of globs)
    assert.equal(matchesGlob(path, pattern), expected, `${path} ${pattern}`);
});
