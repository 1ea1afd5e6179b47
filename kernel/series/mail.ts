import PostalMime, { type Email } from 'postal-mime';

/** What the brackets of a subject say: `[RFC PATCH v3 04/17]`. */
export interface Tag {
  /** 1 unless it says more. */
  readonly version: number;
  /** 0 for a cover letter; undefined where no number stands. */
  readonly number: number | undefined;
  readonly total: number | undefined;
  readonly resend: boolean;
}

/** A mail as it bears on a series. */
export interface Mail {
  /** As it came, its transfer encoding and all. */
  readonly raw: Buffer;
  /** Where it was found, in words: `t.mbox, mail 3`. */
  readonly place: string;
  /** Its Message-ID without brackets; empty if it has none. */
  readonly id: string;
  /** The mails that it answers, the first of the thread first. */
  readonly references: readonly string[];
  /** The sender's address. */
  readonly sender: string;
  /** Milliseconds since 1970; 0 if it has no date. */
  readonly time: number;
  /** The subject without brackets. */
  readonly subject: string;
  /** Undefined where no brackets name a patch. */
  readonly tag: Tag | undefined;
  /** Somebody's answer, which may quote a patch and is none. */
  readonly reply: boolean;
  readonly hasDiff: boolean;
  /** Sent as format=flowed, which joins and indents lines: nobody can tell which. */
  readonly flowed: boolean;
  /** The `base-commit:` that git format-patch --base writes. */
  readonly baseCommit: string | undefined;
  /** The subjects in a cover letter's list, in order, where one author wrote them all. */
  readonly shortlog: readonly string[];
}

/** Reads one mail: its headers, and what can be told of its text. */
export async function readMail(raw: Buffer, place: string): Promise<Mail> {
  const email = await PostalMime.parse(raw);
  const title = email.subject ?? '';
  const text = textOf(email);
  const { tag, subject } = readTitle(title);
  return {
    raw,
    place,
    tag,
    subject,
    id: idsIn(email.messageId)[0] ?? '',
    references: [...new Set([...idsIn(email.references), ...idsIn(email.inReplyTo).slice(0, 1)])],
    sender: (email.from?.address ?? '').toLowerCase(),
    time: Date.parse(email.date ?? '') || 0,
    reply: /^\s*(re|aw|fwd?|wg)(\[\d+\])?\s*:/i.test(title),
    hasDiff: /^diff --git |^--- \S.*\r?\n\+\+\+ \S/m.test(text),
    flowed: /^Content-Type:[^\n]*(\n[ \t][^\n]*)*format="?flowed/im.test(raw.toString('latin1')),
    shortlog: shortlogIn(text),
    baseCommit: /^base-commit: ([0-9a-f]{40})\s*$/m.exec(text)?.[1],
  };
}

/** Returns what a subject's brackets say, and the subject without them. */
export function readTitle(title: string): { tag: Tag | undefined; subject: string } {
  const [brackets = ''] = /^\s*(\[[^\]]*\]\s*)*/.exec(title) ?? [];
  const subject = title.slice(brackets.length).replaceAll(/\s+/g, ' ').trim();
  const counted = /(?:^|[\s[])(\d{1,4})\s*\/\s*(\d{1,4})(?=[\s\]])/.exec(brackets);
  if (!/patch/i.test(brackets) && counted === null) return { tag: undefined, subject };
  const version = /(?:^|[\s[]|PATCH)v(\d{1,3})(?=[\s\],])/i.exec(brackets)?.[1];
  return {
    tag: {
      version: version === undefined ? 1 : Number(version),
      number: counted === null ? undefined : Number(counted[1]),
      total: counted === null ? undefined : Number(counted[2]),
      resend: /\bRESEND\b/i.test(brackets),
    },
    subject,
  };
}

/** Of text parts and of patches that are attached. */
function textOf({ text = '', attachments }: Email): string {
  const attached = attachments.map(({ mimeType, content }) =>
    mimeType.startsWith('text/') || mimeType.includes('patch')
      ? typeof content === 'string'
        ? content
        : Buffer.from(content as Uint8Array).toString('latin1')
      : '',
  );
  return [text, ...attached].join('\n');
}

/** Of several authors each has a list of their own, and the order is lost. */
function shortlogIn(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const heads = lines.flatMap((line, index) => (/^\S.* \(\d+\):$/.test(line) ? [index] : []));
  const [head] = heads;
  if (head === undefined || heads.length > 1) return [];
  const list = lines.slice(head + 1);
  const end = list.findIndex((line) => !line.startsWith('  '));
  const subjects = end < 0 ? list : list.slice(0, end);
  // A long subject goes on in the next line, which is indented further.
  return subjects
    .join('\n')
    .replaceAll(/\n {4,}/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function idsIn(header: string | undefined): string[] {
  return [...(header ?? '').matchAll(/<([^<>\s]+)>/g)].map(([, id = '']) => id);
}
