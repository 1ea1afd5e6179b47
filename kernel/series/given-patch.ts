/** A patch that a user has given, in the form of git format-patch. */
export interface GivenPatch {
  /** `0002-mm-do-less.patch`: what reports call it. */
  readonly file: string;
  readonly subject: string;
  readonly bytes: Buffer;
}

export interface PatchParts {
  /** Empty where nobody is named. */
  readonly author: string;
  readonly email: string;
  /** As a mail has it; empty where none is given. */
  readonly date: string;
  readonly subject: string;
  readonly message: string;
  /** From its line `---` on, or from the first file's; latin1, a character for each byte. */
  readonly diff: string;
}

/** Who is named where a patch names nobody: git am wants a name and a time. */
const nobody = { email: 'unknown@localhost', date: 'Thu, 1 Jan 1970 00:00:00 +0000' } as const;

/** Returns a patch as git format-patch would have written it. The words are UTF-8, the diff bytes. */
export function composePatch(parts: PatchParts): Buffer {
  const { author, subject, message, diff } = parts;
  const [email, date] = [parts.email || nobody.email, parts.date || nobody.date];
  const head = [
    `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001`,
    `From: ${author === '' ? email : author} <${email}>`,
    `Date: ${date}`,
    `Subject: [PATCH] ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...(message.trim() === '' ? [] : [message.trim(), '']),
  ].join('\n');
  const marked = diff.startsWith('---\n') ? diff : `---\n\n${diff}`;
  return Buffer.concat([Buffer.from(head), Buffer.from(marked, 'latin1')]);
}

/** Returns a file's name as git format-patch gives it: 64 bytes with a closing NUL at most. */
export function nameOfFile(number: number, subject: string): string {
  const slug = subject.replaceAll(/[^A-Za-z0-9._]+/g, '-').replaceAll(/\.{2,}/g, '.');
  const name = `${String(number).padStart(4, '0')}-${slug.replace(/^-+/, '')}`;
  return `${name.slice(0, 57).replace(/[-.]+$/, '')}.patch`;
}
