import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { parsePatch } from '../../../kernel/series/patch-file.ts';

const patch = (subject: string, diff: string): string =>
  `From 0123 Mon Sep 17 00:00:00 2001\nFrom: A <a@b.c>\nDate: Mon, 1 Jun 2009 00:00:00 +0000\n` +
  `Subject: ${subject}\n\nWhy.\n---\n file | 2 +-\n\n${diff}-- \n2.39.5\n`;

const change =
  'diff --git a/kernel/fork.c b/kernel/fork.c\nindex 1..2 100644\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n' +
  '@@ -3,3 +3,4 @@ int x;\n one\n-two\n+2\n+and\n three\n@@ -40 +41 @@\n-a\n+b\n';

it('reads subject, files, hunks and lines', () => {
  const found = parsePatch(patch('[PATCH 3/9] c/r: open files', change), 'p');
  assert.deepEqual(found, {
    subject: 'c/r: open files',
    files: ['kernel/fork.c'],
    hunks: [
      { file: 'kernel/fork.c', number: 1, oldStart: 3 },
      { file: 'kernel/fork.c', number: 2, oldStart: 40 },
    ],
    added: 3,
    removed: 2,
  });
});

it('does not take the signature or a removed "-- " line for lines of the patch', () => {
  const diff = 'diff --git a/q b/q\n--- a/q\n+++ b/q\n@@ -1,2 +1 @@\n--- looks like a header\n x\n';
  const { added, removed, files } = parsePatch(patch('c/r: q', diff), 'p');
  assert.deepEqual({ added, removed, files }, { added: 0, removed: 1, files: ['q'] });
});

const subjects: Record<string, [string, string]> = {
  folded: ['c/r: a long\n subject', 'c/r: a long subject'],
  'in quoted-printable': ['=?UTF-8?q?c/r:=20caf=C3=A9?=', 'c/r: café'],
  'in base64, two words': ['=?UTF-8?b?Yy9yOiA=?=\n =?UTF-8?b?w6k=?=', 'c/r: é'],
  'with several tags': ['[RFC] [PATCH v2 01/12] c/r: [x] y', 'c/r: [x] y'],
};

for (const [name, [written, meant]] of Object.entries(subjects))
  it(`reads a subject ${name}`, () => {
    assert.equal(parsePatch(patch(written, change), 'p').subject, meant);
  });

it('counts both names of a rename', () => {
  const diff =
    'diff --git a/old.c b/new.c\nsimilarity index 100%\nrename from old.c\nrename to new.c\n';
  assert.deepEqual(parsePatch(patch('c/r: move', diff), 'p').files, ['new.c', 'old.c']);
});

const broken: Record<string, [string, RegExp]> = {
  'without a subject': ['just words\n', /no Subject/],
  'without a diff': [patch('c/r: nothing', ''), /changes no file/],
  'cut short': [patch('c/r: cut', change).slice(0, -15), /hunk 2 of kernel\/fork.c is cut short/],
};

for (const [name, [text, words]] of Object.entries(broken))
  it(`refuses a patch ${name}, by its path`, () => {
    assert.throws(
      () => parsePatch(text, 'cr/0001-x.patch'),
      (error) =>
        isLabError(error) &&
        error.code === 'patch-malformed' &&
        error.what.startsWith('cr/0001-x.patch: ') &&
        words.test(error.what),
    );
  });
