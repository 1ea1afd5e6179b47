import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readPatchFolder } from '../../../kernel/series/folder.ts';
import { parsePatch } from '../../../kernel/series/patch-file.ts';
import { failureOf, gitIn } from '../toy.ts';
import { applyToBase, makeClone, mail, someDiff } from './mails.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-patches-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const clone = makeClone(join(folder, 'clone'));
const topic = gitIn(clone, 'rev-parse', 'topic^{tree}');

let count = 0;
function patches(files: Readonly<Record<string, string>>): string {
  const path = join(folder, `p${(count += 1)}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const diff = someDiff.slice(someDiff.indexOf('diff --git'));
const plainDiff = diff.replace(/^diff --git.*\n/, '');

it('takes what git format-patch has written, the cover letter left out', async () => {
  const path = join(folder, 'formatted');
  gitIn(clone, 'format-patch', '--quiet', '--cover-letter', '-v2', '-o', path, 'base..topic');
  const { patches: found } = await readPatchFolder(path, folder);
  assert.deepEqual(
    found.map(({ subject }) => subject),
    ['fork: say it', 'exit: löschen', 'both: a note'],
  );
  assert.equal(found[0]?.file, 'v2-0001-fork-say-it.patch');
  assert.equal(applyToBase(clone, found), topic);
});

it('takes ten after two', async () => {
  const path = patches({ '10-b.patch': `b\n${diff}`, '2-a.patch': `a\n${diff}`, notes: 'none' });
  const found = await readPatchFolder(path, folder);
  assert.deepEqual(
    found.patches.map(({ subject }) => subject),
    ['a', 'b'],
  );
});

it('takes what a series file lists, in its order, and says what it leaves out', async () => {
  const path = patches({
    series: '# queue\nz.patch\nfs/a.diff -p1  # first\n\n#off.patch\n',
    'z.patch': `z\n${diff}`,
    'fs/a.diff': `a\n${diff}`,
    'off.patch': diff,
  });
  const found = await readPatchFolder(path, folder);
  assert.deepEqual(
    found.patches.map(({ subject, file }) => [subject, file]),
    [
      ['z', 'z.patch'],
      ['a', 'a.patch'],
    ],
  );
  assert.match(found.notes.join(), /does not list off\.patch: left out/);
});

describe('the words above a diff', () => {
  const rows: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'are a subject and a text',
      `fork: say it\n\nWhy.\n---\n x | 1 +\n\n${diff}`,
      'fork: say it',
      /\n\nWhy\.\n---\n/,
    ],
    ['are missing', diff, 'some-name', /^From: unknown@localhost <unknown@localhost>$/m],
    [
      "are quilt's",
      `From: Ä B <a@b.c>\nSubject: [PATCH] fork: say it\n\nWhy.\n\nIndex: linux/kernel/fork.c\n===================================================================\n${plainDiff}`,
      'fork: say it',
      /^From: Ä B <a@b\.c>$/m,
    ],
    [
      "are Debian's",
      `Description: fork: say it\n Why.\nAuthor: A B <a@b.c>\nForwarded: no\n---\nThis patch header follows DEP-3\n${plainDiff}`,
      'fork: say it',
      /^From: A B <a@b\.c>$/m,
    ],
    [
      'are a mail',
      mail({ subject: '[PATCH 7/9] fork: say it' }),
      'fork: say it',
      /^From: A Developer/m,
    ],
  ];
  for (const [name, text, subject, words] of rows)
    it(name, async () => {
      const path = patches({ 'some-name.patch': text });
      const { patches: found } = await readPatchFolder(path, folder);
      const [patch] = found;
      assert.equal(patch?.subject, subject);
      const written = patch.bytes.toString('utf8');
      assert.match(written, words);
      assert.equal(parsePatch(written, 'p').subject, subject);
      applyToBase(clone, found);
    });
});

it('takes a plain diff that makes and removes files', async () => {
  const made = '--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n';
  const all = Array.from({ length: 40 }, (_, index) => `-int exit_${index + 1};\n`).join('');
  const gone = `--- a/kernel/exit.c\t2009-01-01\n+++ /dev/null\t2009-01-01\n@@ -1,40 +0,0 @@\n${all}`;
  const { patches: found } = await readPatchFolder(patches({ 'a.patch': made + gone }), folder);
  applyToBase(clone, found);
  const { files } = parsePatch(found[0]?.bytes.toString('utf8') ?? '', 'p');
  assert.deepEqual(files, ['kernel/exit.c', 'new.txt']);
});

describe('a folder is refused', () => {
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, string, RegExp])[] = [
    ['without a patch', { notes: 'x' }, 'patches-empty', /no patch in it/],
    [
      'with another level',
      { series: 'a.patch -p0\n', 'a.patch': diff },
      'patches-level',
      /a\.patch -p0/,
    ],
    ['with a patch to reverse', { series: 'a.patch -R\n', 'a.patch': diff }, 'patches-level', /-R/],
    [
      'that lacks a listed patch',
      { series: 'a.patch\n' },
      'patches-missing',
      /listed, but not there/,
    ],
    [
      'that lists one twice',
      { series: 'a.patch\na.patch\n', 'a.patch': diff },
      'patches-unreadable',
      /twice/,
    ],
    [
      'of several versions',
      { 'v2-0001-a.patch': diff, 'v3-0001-a.patch': diff },
      'patches-versions',
      /v2, v3/,
    ],
    ['with words only', { 'a.patch': 'nothing\n' }, 'patches-empty', /holds no diff/],
  ];
  for (const [name, files, code, words] of rows)
    it(name, async () => {
      const error = await failureOf(readPatchFolder(patches(files), folder));
      assert.equal(error.code, code);
      assert.match(error.what, words);
    });

  it('that is not there', async () => {
    const error = await failureOf(readPatchFolder(join(folder, 'none'), folder));
    assert.equal(error.code, 'patches-unreadable');
  });
});
