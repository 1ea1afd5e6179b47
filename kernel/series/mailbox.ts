import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { labError } from '../../harness/core/errors.ts';
import { readMail, type Mail } from './mail.ts';

/** Mails as they were found. */
export interface Mailbox {
  readonly mails: readonly Mail[];
  /** Whether their order says something: a maildir has none. */
  readonly ordered: boolean;
}

/**
 * Reads an mbox, be it gzipped, a maildir, a folder of .eml files, or one mail. Throws
 * `mailbox-unreadable` (usage).
 */
export async function readMailbox(path: string): Promise<Mailbox> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) throw unreadable(path, 'there is no such file or folder');
  if (facts.isDirectory()) return readFolder(path);
  const raws = splitMbox(unpack(await readFile(path)));
  if (raws.length === 0) throw unreadable(path, 'there is no mail in it');
  const name = basename(path);
  const places = raws.map((_, index) =>
    raws.length === 1 ? name : `${name}, mail ${index + 1} of ${raws.length}`,
  );
  return { mails: await readAll(raws, places), ordered: true };
}

/**
 * Returns the mails of an mbox: each after a line `From … 2001`. A file without such a line at
 * its top is one mail. Lines that were escaped (`>From `) are given back.
 */
export function splitMbox(bytes: Buffer): Buffer[] {
  // latin1 keeps each byte a character of its own.
  const text = bytes.toString('latin1').replace(/^\s+/, '');
  if (text === '') return [];
  if (!separator.test(text)) return /^[\w-]+:/.test(text) ? [unixLines(text)] : [];
  return text
    .split(new RegExp(separator.source, 'm'))
    .filter((mail) => mail.trim() !== '')
    .map((mail) => unixLines(mail.replaceAll(/^>(>*From )/gm, '$1')));
}

/** `From mboxrd@z Thu Jan  1 00:00:00 1970`, as mailers, lore and git format-patch write it. */
const separator = /^From \S+ +\w{3} +\w{3} +\d{1,2} +\d\d:\d\d(?::\d\d)?\b[^\n]*\d{4}[^\n]*\r?\n/;

/** Lines as git reads them, of a mail that kept those of the wire. */
function unixLines(mail: string): Buffer {
  const onTheWire = /^[^\n]*\r\n/.test(mail);
  return Buffer.from(onTheWire ? mail.replaceAll('\r\n', '\n') : mail, 'latin1');
}

async function readFolder(path: string): Promise<Mailbox> {
  const found: string[] = [];
  for (const part of ['cur', 'new']) {
    const names = await readdir(join(path, part)).catch(() => []);
    found.push(...names.filter((name) => !name.startsWith('.')).map((name) => join(part, name)));
  }
  if (found.length === 0) {
    const names = await readdir(path);
    found.push(...names.filter((name) => /\.(eml|mbox)$/i.test(name)));
  }
  if (found.length === 0)
    throw unreadable(path, 'it is no maildir (no mail in cur/ or new/) and holds no .eml file');
  const [raws, places]: [Buffer[], string[]] = [[], []];
  for (const name of found.sort()) {
    const mails = splitMbox(unpack(await readFile(join(path, name))));
    raws.push(...mails);
    places.push(...mails.map(() => name));
  }
  return { mails: await readAll(raws, places), ordered: false };
}

async function readAll(raws: readonly Buffer[], places: readonly string[]): Promise<Mail[]> {
  return Promise.all(raws.map((raw, index) => readMail(raw, places[index] ?? '')));
}

/** Archives hand out mailboxes gzipped. */
function unpack(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

function unreadable(path: string, why: string): Error {
  return labError({
    code: 'mailbox-unreadable',
    fault: 'usage',
    doing: `reading the mailed series ${path}`,
    what: why,
    next: 'Give an mbox, a maildir or one mail as a file, as they came.',
  });
}
