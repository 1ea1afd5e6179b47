import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { labError } from '../../harness/core/errors.ts';
import { parseList } from './series-list.ts';
import { tidyDiff } from './diff-text.ts';
import { composePatch, nameOfFile, type GivenPatch } from './given-patch.ts';
import { readMail } from './mail.ts';
import { splitMbox } from './mailbox.ts';
import { takePatch } from './mailed.ts';
import type { GivenSeries } from './mailed.ts';
import type { ErrorCode } from '../../harness/core/error-codes.ts';

/**
 * Reads a folder of patches: those that its file `series` lists, as quilt does, or else all files
 * *.patch and *.diff by name. Patches are mails as git format-patch writes them, or a diff below
 * words. Throws (usage) `patches-unreadable`, `patches-missing`, `patches-level`,
 * `patches-versions`, `patches-empty`, and what takePatch() throws.
 */
export async function readPatchFolder(path: string, scratch: string): Promise<GivenSeries> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw refuse(path, 'patches-unreadable', 'it is not a folder that can be read', cause);
  });
  const listed = names.includes('series') ? await readSeriesFile(path) : undefined;
  const files = listed ?? sortPatches(path, names.filter(isPatchName));
  const patches: GivenPatch[] = [];
  for (const file of files) {
    const patch = await readPatchFile(join(path, file), patches.length + 1, scratch);
    if (patch !== undefined) patches.push({ ...patch, file: uniqueName(patches, file) });
  }
  if (patches.length === 0) throw refuse(path, 'patches-empty', 'there is no patch in it');
  const stray =
    listed === undefined ? [] : names.filter((name) => isPatchName(name) && !listed.includes(name));
  return {
    origin: `${path}: ${patches.length} patch${patches.length === 1 ? '' : 'es'}`,
    patches,
    notes: stray.length === 0 ? [] : [`${path}/series does not list ${stray.join(', ')}: left out`],
  };
}

function isPatchName(name: string): boolean {
  return /\.(patch|diff)$/.test(name) && !name.startsWith('.');
}

/** A file of another folder may have the same name; a report must tell them apart. */
function uniqueName(before: readonly GivenPatch[], file: string): string {
  const name = `${basename(file, extname(file)).replaceAll(/[^\w.+-]/g, '-')}.patch`;
  return before.some((patch) => patch.file === name) ? `${before.length + 1}-${name}` : name;
}

/** quilt's: a patch a line, after it options of patch(1). */
async function readSeriesFile(path: string): Promise<string[]> {
  const lines = parseList(await readFile(join(path, 'series'), 'utf8')).entries;
  const files = lines.map(({ file: line }) => {
    const [file = '', ...options] = line.split(/\s+/);
    const other = options.filter((option) => !['-p1', '-pab'].includes(option));
    if (other.length > 0)
      throw refuse(
        `${path}/series`,
        'patches-level',
        `${file} ${other.join(' ')}: only patches of level -p1 are taken`,
      );
    return file;
  });
  const twice = files.filter((file, index) => files.indexOf(file) !== index);
  if (twice.length > 0)
    throw refuse(`${path}/series`, 'patches-unreadable', `it lists ${twice.join(', ')} twice`);
  return files;
}

/** By the numbers in their names: 2-x before 10-x. */
function sortPatches(path: string, names: readonly string[]): string[] {
  const versions = new Set(names.map((name) => /^v\d+(?=-\d{4}-)/.exec(name)?.[0] ?? 'v1'));
  if (versions.size > 1)
    throw refuse(
      path,
      'patches-versions',
      `patches of several versions lie in it: ${[...versions].sort().join(', ')}`,
    );
  return [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Returns undefined for a cover letter. */
async function readPatchFile(
  path: string,
  number: number,
  scratch: string,
): Promise<GivenPatch | undefined> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw refuse(path, 'patches-missing', 'it is listed, but not there', cause);
  });
  const text = bytes.toString('latin1');
  if (isMail(text)) {
    const [raw, ...more] = splitMbox(bytes);
    if (more.length > 0)
      throw refuse(path, 'patches-unreadable', `it holds ${more.length + 1} mails: use --mbox`);
    const mail = await readMail(raw ?? bytes, basename(path));
    if (!mail.hasDiff && mail.tag?.number === 0) return undefined;
    if (mail.hasDiff) return takePatch(mail, number, scratch);
  }
  if (basename(path).includes('cover-letter')) return undefined;
  return readPlainPatch(path, bytes.toString('utf8'), text, number);
}

/** Headers first, as in a mail; Debian's own (`Description:`) are none. */
function isMail(text: string): boolean {
  if (/^From [0-9a-f]{40} /.test(text)) return true;
  const head = /^([\w-]+:[^\n]*\n([ \t][^\n]*\n)*)+\r?\n/.exec(text)?.[0] ?? '';
  return /^From:/im.test(head) && /^Subject:/im.test(head);
}

function readPlainPatch(path: string, words: string, text: string, number: number): GivenPatch {
  const start = /^(diff --git |Index: |--- \S[^\n]*\n\+\+\+ \S)/m;
  const [at, diffAt] = [words.search(start), text.search(start)];
  if (at < 0 || diffAt < 0) throw refuse(path, 'patches-empty', 'it holds no diff');
  const message = words.slice(0, at).replace(/^(=+|---)\s*$[^]*/m, '');
  const named = /^(?:Subject|Description):[ \t]*(\S[^\n]*)$/m.exec(message)?.[1];
  const [first = ''] = message.split('\n').filter((line) => /^[^#\s]/.test(line));
  const plain = basename(path).replace(/\.(patch|diff)$/, '');
  const subject = (named ?? (first === '' ? plain : first)).replace(/^(\[[^\]]*\]\s*)+/, '');
  const by = /^(?:From|Author):[ \t]*(.*?)[ \t]*<([^>\s]+)>/m.exec(message);
  const bytes = composePatch({
    author: by?.[1] ?? '',
    email: by?.[2] ?? '',
    date: /^Date:[ \t]*(\S[^\n]*)$/m.exec(message)?.[1] ?? '',
    subject,
    message: message.replace(first, ''),
    diff: tidyDiff(text.slice(diffAt)),
  });
  return { file: nameOfFile(number, subject), subject, bytes };
}

function refuse(path: string, code: ErrorCode, what: string, cause?: unknown): Error {
  return labError({
    ...{ code, fault: 'usage', doing: `reading the patches of ${path}`, what, cause },
    next: 'Give a folder of patches as git format-patch or quilt write them, in order by name or by a file `series`.',
  });
}
