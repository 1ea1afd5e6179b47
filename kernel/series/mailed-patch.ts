import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labError } from '../../harness/core/errors.ts';
import { git } from '../git.ts';
import { lastLines } from '../../harness/core/run.ts';
import { tidyDiff } from './diff-text.ts';
import { composePatch, nameOfFile, type GivenPatch } from './given-patch.ts';
import type { Mail } from './mail.ts';

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
