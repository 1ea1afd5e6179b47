import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readMailedSeries } from '../../../kernel/series/mailed.ts';
import { parsePatch } from '../../../kernel/series/patch-file.ts';
import { failureOf, gitIn } from '../toy.ts';
import { applyToBase, format, mail, makeClone, mbox, someDiff } from './mails.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-mails-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const clone = makeClone(join(folder, 'clone'));
const topic = gitIn(clone, 'rev-parse', 'topic^{tree}');
const base = gitIn(clone, 'rev-parse', 'base');
const subjects = ['fork: say it', 'exit: löschen', 'both: a note'];

/** Writes a mailbox and returns its path. */
function box(bytes: Buffer | string, name = 't.mbox'): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('what git format-patch writes comes to the commits it was made of', () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['numbered', ['--numbered']],
    ['without numbers', ['-N']],
    ['without brackets', ['-k']],
    ['a cover letter and threads', ['--cover-letter', '--thread=shallow']],
    ['deep threads', ['--cover-letter', '--thread=deep', '-v3']],
    ['no cover letter, threads', ['--thread=deep', '--subject-prefix=RFC PATCH net-next']],
    ['attachments', ['--attach']],
    ['inline attachments', ['--inline']],
    ['full index', ['--full-index', '--no-signature']],
    ['the base-commit', ['--base=base', '--cover-letter', '--thread']],
  ];
  for (const [name, options] of rows)
    it(name, async () => {
      const path = format(clone, join(folder, 'f.mbox'), ...options);
      const found = await readMailedSeries(path, folder);
      assert.deepEqual(
        found.patches.map(({ subject }) => subject),
        subjects,
      );
      assert.equal(applyToBase(clone, found.patches), topic);
      for (const { bytes, file, subject } of found.patches)
        assert.equal(parsePatch(bytes.toString('utf8'), file).subject, subject);
      assert.equal(found.baseCommit, name === 'the base-commit' ? base : undefined);
    });
});

describe('a mailbox in another form', () => {
  const text = () =>
    readFileSync(format(clone, join(folder, 'g.mbox'), '-n', '--thread'), 'latin1');
  const split = () => text().split(/^(?=From [0-9a-f]{40} )/m);

  it('a maildir, its files in any order', async () => {
    const maildir = join(folder, 'maildir');
    for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, part), { recursive: true });
    const [one = '', two = '', three = ''] = split().map((each) => each.replace(/^From .*\n/, ''));
    writeFileSync(join(maildir, 'cur', '9:2,S'), one, 'latin1');
    writeFileSync(join(maildir, 'new', '1'), two, 'latin1');
    writeFileSync(join(maildir, 'cur', '5:2,'), three, 'latin1');
    const { patches } = await readMailedSeries(maildir, folder);
    assert.equal(applyToBase(clone, patches), topic);
  });

  it('gzipped, as archives hand it out', async () => {
    const { patches } = await readMailedSeries(
      box(gzipSync(Buffer.from(text(), 'latin1')), 't.mbox.gz'),
      folder,
    );
    assert.equal(applyToBase(clone, patches), topic);
  });

  it('with the line ends of the wire', async () => {
    const wire = Buffer.from(text().replaceAll('\n', '\r\n'), 'latin1');
    const { patches } = await readMailedSeries(box(wire), folder);
    assert.equal(applyToBase(clone, patches), topic);
  });

  it('in any order, with answers and a copy of each', async () => {
    const mails = split().reverse();
    const answer = mail({
      subject: 'Re: [PATCH 2/3] exit: no',
      id: 'answer@x',
      body: `> ${someDiff}`,
    });
    const answers = `From a@b Thu Jan  1 00:00:00 1970\n${answer}\n`;
    const all = [...mails, answers, ...mails].join('\n');
    const { patches } = await readMailedSeries(box(Buffer.from(all, 'latin1')), folder);
    assert.equal(applyToBase(clone, patches), topic);
  });
});

describe('a mail with', () => {
  const text = `Grüße: straße.\n---\n${someDiff}`;
  const utf8 = Buffer.from(text);
  const plain = (encoding: string, charset = 'utf-8') => [
    'MIME-Version: 1.0',
    `Content-Type: text/plain; charset=${charset}`,
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  const quoted = [...utf8]
    .map((byte) =>
      byte === 10
        ? '\n'
        : byte > 126 || byte === 61
          ? `=${byte.toString(16).toUpperCase()}`
          : String.fromCharCode(byte),
    )
    .join('')
    .replaceAll(/^(.{60})(.+)$/gm, '$1=\n$2')
    .replaceAll(/ $/gm, '=20');
  const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll(/(.{76})/g, '$1\n');
  const footer =
    '\n_______________________________________________\nlist mailing list\nlist@lists.example.org\n+1 a line of the list\n';
  const rows: readonly (readonly [string, Parameters<typeof mail>[0]])[] = [
    [
      'quoted-printable',
      { subject: '[PATCH] fork: say it', headers: plain('quoted-printable'), body: quoted },
    ],
    ['base64', { subject: '[PATCH] fork: say it', headers: plain('base64'), body: base64(utf8) }],
    [
      'base64 of the wire, as some mailers encode it',
      {
        subject: '[PATCH] fork: say it',
        headers: plain('base64'),
        body: base64(Buffer.from(text.replaceAll('\n', '\r\n'))),
      },
    ],
    [
      'another character set',
      { subject: '[PATCH] fork: say it', headers: plain('8bit', 'iso-8859-1'), body: text },
    ],
    [
      'an encoded subject, its brackets and all',
      {
        subject: '=?UTF-8?q?=5BPATCH=20v2=201/1=5D=20fork:?=\n =?UTF-8?B?IHNheSBpdA==?=',
        body: text,
      },
    ],
    ['a footer of the list', { subject: '[list] [PATCH] fork: say it', body: `${text}${footer}` }],
    [
      'a footer as a part of its own',
      {
        subject: '[PATCH] fork: say it',
        headers: ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="=b="'],
        body: `--=b=\nContent-Type: text/plain; charset=iso-8859-1\n\n${text}\n--=b=\nContent-Type: text/plain\n\n${footer}\n--=b=--\n`,
      },
    ],
    [
      'a plain diff',
      { subject: '[PATCH] fork: say it', body: text.replace(/^diff --git.*\n/m, '') },
    ],
  ];
  for (const [name, parts] of rows)
    it(name, async () => {
      const raw = name.includes('footer') || name.includes('character') ? 'latin1' : 'utf8';
      const { patches } = await readMailedSeries(
        box(Buffer.from(mail(parts), raw), 'one.eml'),
        folder,
      );
      const [patch] = patches;
      assert.ok(patch !== undefined && patches.length === 1);
      assert.equal(patch.subject, 'fork: say it');
      const written = patch.bytes.toString('utf8');
      if (
        raw === 'utf8'
          ? name !== 'an encoded subject, its brackets and all'
          : name !== 'a footer of the list'
      )
        assert.match(written, /\nGrüße: straße\.\n/);
      assert.match(written, /^ int fork_6;\n$/m);
      assert.ok(written.endsWith('\n int fork_6;\n'), written);
      gitIn(clone, 'checkout', '--quiet', '--detach', 'base');
      assert.notEqual(applyToBase(clone, patches), '');
      const facts = parsePatch(written, patch.file);
      assert.deepEqual([facts.files, facts.added, facts.removed], [['kernel/fork.c'], 1, 1]);
    });
});

const three = (version: string, references: readonly string[] = [], prefix = version) =>
  [0, 1, 2, 3].map((number) =>
    mail({
      subject: `[PATCH ${version} ${number}/3] ${number === 0 ? 'cover' : `part ${number}`}`,
      id: `${prefix}-${number}@x`,
      headers:
        number === 0 && references.length === 0
          ? []
          : [
              `In-Reply-To: <${number === 0 ? references.at(-1) : `${prefix}-0@x`}>`,
              `References: ${[...references, ...(number === 0 ? [] : [`${prefix}-0@x`])].map((id) => `<${id}>`).join(' ')}`,
            ],
      ...(number === 0
        ? {
            body: 'What it is.\n\nA Developer (3):\n  part 1\n  part 2 which has a very long subject that goes on\n    in the next line\n  part 3\n\n kernel/fork.c | 2 +-\n',
          }
        : {}),
    }),
  );

describe('of several versions the newest is taken', () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ['in threads of their own', [...three('v1'), ...three('v2')], 'v2'],
    ['the newer one first', [...three('v11'), ...three('v9')], 'v11'],
    ['in answer to the older', [...three('v1'), ...three('v2', ['v1-0@x'])], 'v2'],
    ['the covers missing', [...three('v1').slice(1), ...three('v2', ['v1-0@x']).slice(1)], 'v2'],
    ['sent again', [...three('v1'), ...three('RESEND v1', [], 'again')], 'RESEND v1'],
    [
      'an afterthought in its thread',
      [
        ...three('v1'),
        mail({ subject: '[PATCH] fix part 2', id: 'f@x', headers: ['In-Reply-To: <v1-2@x>'] }),
      ],
      'v1',
    ],
  ];
  for (const [name, mails, version] of rows)
    it(name, async () => {
      const { patches, notes } = await readMailedSeries(box(mbox(mails)), folder);
      assert.deepEqual(
        patches.map(({ subject }) => subject),
        ['part 1', 'part 2', 'part 3'],
      );
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', /left out: /);
      const number = /v(\d+)/.exec(version)?.[1];
      if (number !== '1') assert.match(notes[0] ?? '', new RegExp(`v${number}, 3 patches taken`));
    });
});

describe('a mailbox is refused', () => {
  const rows: readonly (readonly [string, Buffer | string, string, RegExp])[] = [
    ['without a patch', mbox(three('v1')).subarray(0, 0), 'mailbox-unreadable', /no mail/],
    ['of words only', 'just words\n', 'mailbox-unreadable', /no mail/],
    [
      'of answers',
      mbox([mail({ subject: 'Re: [PATCH] x', body: 'no' })]),
      'mailbox-no-patches',
      /1 mails/,
    ],
    [
      'that lacks a patch, named by its number and by the cover letter',
      mbox(three('v4').filter((_, index) => index !== 2)),
      'mail-patch-missing',
      /patch 2\/3 of v4 .*\n.*2\/3: part 2 which has a very long subject that goes on in the next line/,
    ],
    [
      'that lacks the last one of an unthreaded series',
      mbox([1, 2].map((number) => mail({ subject: `[PATCH ${number}/3] x${number}` }))),
      'mail-patch-missing',
      /patch 3\/3 is not/,
    ],
    [
      'with two mails of one number',
      mbox([
        ...three('v1'),
        mail({
          subject: '[PATCH v1 2/3] another',
          id: 'o@x',
          headers: ['In-Reply-To: <v1-0@x>', 'References: <v1-0@x>'],
        }),
      ]),
      'mail-patch-twice',
      /patch 2\/3\n.*mail 3 of 5: part 2\n.*mail 5 of 5: another/,
    ],
    [
      'of two series',
      mbox([...three('v1'), mail({ subject: '[PATCH v2 1/1] other', id: 'other@x' })]),
      'mailbox-several-series',
      /2 series[^]*v1, 3 patches: cover[^]*v2, 1 patch: other/,
    ],
    [
      'of flowed text',
      mbox([
        mail({
          subject: '[PATCH] x',
          headers: ['Content-Type: text/plain; charset=utf-8;\n format=flowed'],
        }),
      ]),
      'mail-flowed',
      /t\.mbox \(x\) was sent as format=flowed/,
    ],
    [
      'whose numbered patch has no diff',
      mbox([mail({ subject: '[PATCH 1/1] x', body: 'See https://example.org/x.patch\n' })]),
      'mail-patch-empty',
      /holds no diff/,
    ],
  ];
  for (const [name, bytes, code, words] of rows)
    it(name, async () => {
      const error = await failureOf(readMailedSeries(box(bytes), folder));
      assert.equal(error.code, code);
      assert.match([error.what, ...(error.details ?? [])].join('\n'), words);
    });

  it('that is not there', async () => {
    const error = await failureOf(readMailedSeries(join(folder, 'none'), folder));
    assert.equal(error.code, 'mailbox-unreadable');
  });

  it('that is a folder of patches without numbers', async () => {
    const many = join(folder, 'many');
    mkdirSync(many, { recursive: true });
    for (const name of ['a', 'b'])
      writeFileSync(join(many, `${name}.eml`), mail({ subject: `[PATCH] ${name}` }));
    const error = await failureOf(readMailedSeries(many, folder));
    assert.equal(error.code, 'mailbox-no-order');
  });
});
