import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { GivenPatch } from './given-patch.ts';
import { readMailbox } from './mailbox.ts';
import { chooseSeries } from './thread.ts';
import { labError } from '../../harness/core/errors.ts';
import { git } from '../git.ts';
import { lastLines } from '../../harness/core/run.ts';
import { tidyDiff } from './diff-text.ts';
import { composePatch, nameOfFile } from './given-patch.ts';
import type { Mail } from './mail.ts';

/** A series as its reader found it, not yet applied to anything. */
export interface GivenSeries {
  /** In words: `t.mbox: v3, 17 patches`. */
  readonly origin: string;
  readonly patches: readonly GivenPatch[];
  /** The commit that its author says it is based on. */
  readonly baseCommit?: string | undefined;
  /** What the user should know, a line each. */
  readonly notes: readonly string[];
}

/**
 * Reads a series as it was mailed: an mbox, a maildir, a folder of mails or one mail. Throws what
 * readMailbox(), chooseSeries() and takePatch() throw.
 */
export async function readMailedSeries(path: string, scratch: string): Promise<GivenSeries> {
  const box = await readMailbox(path);
  const { patches, version, baseCommit, leftOut } = chooseSeries(box, path);
  const taken: GivenPatch[] = [];
  for (const [index, mail] of patches.entries())
    taken.push(await takePatch(mail, index + 1, scratch));
  const count = `${taken.length} patch${taken.length === 1 ? '' : 'es'}`;
  const name = version === 1 ? count : `v${version}, ${count}`;
  return {
    origin: `${basename(path)}: ${name}`,
    patches: taken,
    baseCommit,
    notes:
      leftOut.length === 0
        ? []
        : [`${basename(path)}: ${name} taken; left out: ${leftOut.join('; ')}`],
  };
}

/**
 * Returns the patch that a mail carries, the `number`th of its series. git takes it out of the
 * mail: a diff is bytes, whatever character set the words around it have. Throws `mail-unreadable`.
 */
export async function takePatch(mail: Mail, number: number, scratch: string): Promise<GivenPatch> {
  const folder = await mkdtemp(join(scratch, 'mail-'));
  try {
    const [raw, words, diff] = ['mail', 'words', 'diff'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(raw, mail.raw);
    const args = ['mailinfo', '-u', words, diff];
    const result = await git(folder, args, { inputFile: raw });
    const text = tidyDiff(await readFile(diff, 'latin1').catch(() => ''));
    if (result.status !== 0 || !/^diff --git /m.test(text))
      throw labError({
        code: 'mail-unreadable',
        fault: 'usage',
        doing: 'taking a patch out of a mail',
        what: `git finds no patch in ${mail.place} (${mail.subject})`,
        next: 'Get the patch as it was sent: as plain text, not as HTML or a link.',
        details: lastLines(result.stderr),
      });
    const field = (name: string): string =>
      new RegExp(`^${name}: (.*)$`, 'm').exec(result.stdout)?.[1] ?? '';
    const subject = field('Subject') || mail.subject;
    const bytes = composePatch({
      author: field('Author'),
      email: field('Email'),
      date: field('Date'),
      subject,
      message: await readFile(words, 'utf8'),
      diff: text,
    });
    return { file: nameOfFile(number, subject), subject, bytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
