import { labError } from '../../harness/core/errors.ts';

/** One hunk of a patch, by the place it names in the old file. */
export interface Hunk {
  readonly file: string;
  /** From 1 in its file. */
  readonly number: number;
  readonly oldStart: number;
}

export interface PatchText {
  readonly subject: string;
  /** Every file it makes, changes, renames or removes, sorted. */
  readonly files: readonly string[];
  readonly hunks: readonly Hunk[];
  readonly added: number;
  readonly removed: number;
}

/** Reads a patch in git format-patch's form. Throws `patch-malformed`, naming `path`. */
export function parsePatch(text: string, path: string): PatchText {
  const lines = text.split('\n');
  const subject = subjectIn(lines);
  if (subject === undefined) throw malformed(path, 'it has no Subject: line');
  const files = new Set<string>();
  const hunks: Hunk[] = [];
  let [added, removed, file] = [0, 0, ''];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const named = /^diff --git a\/(.+) b\/(.+)$/.exec(line);
    if (named?.[1] !== undefined && named[2] !== undefined) {
      file = named[2];
      files.add(named[1]).add(file);
      continue;
    }
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk === null || file === '') continue;
    const number = hunks.filter((other) => other.file === file).length + 1;
    hunks.push({ file, number, oldStart: Number(hunk[1]) });
    let [old, fresh] = [Number(hunk[2] ?? 1), Number(hunk[3] ?? 1)];
    while ((old > 0 || fresh > 0) && at + 1 < lines.length) {
      const first = lines[(at += 1)]?.[0];
      if (first === '+') [added, fresh] = [added + 1, fresh - 1];
      else if (first === '-') [removed, old] = [removed + 1, old - 1];
      else if (first !== '\\') [old, fresh] = [old - 1, fresh - 1];
    }
    if (old > 0 || fresh > 0) throw malformed(path, `hunk ${number} of ${file} is cut short`);
  }
  if (files.size === 0) throw malformed(path, 'it changes no file');
  return { subject, files: [...files].sort(), hunks, added, removed };
}

function subjectIn(lines: readonly string[]): string | undefined {
  const end = lines.indexOf('');
  const header = lines.slice(0, end < 0 ? lines.length : end);
  const start = header.findIndex((line) => line.startsWith('Subject:'));
  if (start < 0) return undefined;
  let folded = header[start]?.slice('Subject:'.length) ?? '';
  for (const line of header.slice(start + 1)) {
    if (!/^[ \t]/.test(line)) break;
    folded += line;
  }
  const subject = decodeWords(folded)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^(\[[^\]]*\]\s*)+/, '');
  return subject === '' ? undefined : subject;
}

/** RFC 2047, the two encodings format-patch writes. */
function decodeWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      (kind.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64')
        : Buffer.from(
            word
              .replaceAll('_', ' ')
              .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) =>
                String.fromCharCode(Number.parseInt(hex, 16)),
              ),
            'latin1',
          )
      ).toString('utf8'),
    );
}

function malformed(path: string, why: string): Error {
  return labError({
    code: 'patch-malformed',
    fault: 'patch',
    doing: 'reading the series',
    what: `${path}: ${why}`,
    next: 'Write it with `git format-patch`, or `lab series refresh` from the commits of `lab tree`.',
  });
}
