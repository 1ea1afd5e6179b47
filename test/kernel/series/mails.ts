import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gitIn } from '../toy.ts';

/** A clone as a developer has it: `base`, and a branch `topic` of three patches on it. */
export function makeClone(folder: string): string {
  mkdirSync(folder, { recursive: true });
  gitIn(folder, 'init', '--quiet', '--initial-branch=main');
  commit(folder, 'base', { 'kernel/fork.c': lines('fork'), 'kernel/exit.c': lines('exit') });
  gitIn(folder, 'tag', 'base');
  gitIn(folder, 'checkout', '--quiet', '-b', 'topic');
  commit(folder, 'fork: say it', { 'kernel/fork.c': lines('fork', { 5: 'int said;' }) });
  commit(folder, 'exit: löschen', { 'kernel/exit.c': lines('exit', { 9: 'char a[] = "\xe4";' }) });
  commit(folder, 'both: a note', { 'Documentation/note.txt': 'From here,\n\ttwo lines.\n' });
  return folder;
}

/** Commits files; their text is latin1, a byte for each character. */
export function commit(
  folder: string,
  message: string,
  files: Readonly<Record<string, string>>,
): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, 'latin1');
  }
  gitIn(folder, 'add', '-A');
  gitIn(folder, 'commit', '--quiet', '-m', message, '-m', 'Why it is so.');
  return gitIn(folder, 'rev-parse', 'HEAD');
}

/** Forty lines of C, some of them others. */
export function lines(name: string, others: Readonly<Record<number, string>> = {}): string {
  return Array.from(
    { length: 40 },
    (_, index) => `${others[index + 1] ?? `int ${name}_${index + 1};`}\n`,
  ).join('');
}

/** Writes what `git format-patch` makes of base..topic into one file. */
export function format(clone: string, path: string, ...options: string[]): string {
  gitIn(clone, 'format-patch', `--output=${path}`, ...options, 'base..topic');
  return path;
}

/** Applies patches to the clone's base, as `git am` does, and returns the git tree id. */
export function applyToBase(clone: string, patches: readonly { readonly bytes: Buffer }[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'am-'));
  try {
    gitIn(folder, 'clone', '--quiet', clone, 'work');
    const work = join(folder, 'work');
    gitIn(work, 'checkout', '--quiet', '--detach', 'base');
    for (const [index, { bytes }] of patches.entries()) {
      const path = join(folder, String(index));
      writeFileSync(path, bytes);
      gitIn(work, 'am', '--quiet', '--keep-cr', path);
    }
    return gitIn(work, 'rev-parse', 'HEAD^{tree}');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface MailParts {
  readonly subject: string;
  readonly id?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A diff that every body may hold. */
export const someDiff = [
  ' kernel/fork.c | 2 +-',
  ' 1 file changed, 1 insertion(+), 1 deletion(-)',
  '',
  'diff --git a/kernel/fork.c b/kernel/fork.c',
  '--- a/kernel/fork.c',
  '+++ b/kernel/fork.c',
  '@@ -4,3 +4,3 @@ int fork_3;',
  ' int fork_4;',
  '-int fork_5;',
  '+int said;',
  ' int fork_6;',
  '',
].join('\n');

/** A mail as a list hands it on. */
export function mail({ subject, id, headers = [], body }: MailParts): string {
  return [
    'From: A Developer <dev@example.org>',
    `Subject: ${subject}`,
    'Date: Mon, 1 Jun 2026 10:00:00 +0000',
    ...(id === undefined ? [] : [`Message-ID: <${id}>`]),
    ...headers,
    '',
    body ?? `Why.\n\nSigned-off-by: A Developer <dev@example.org>\n---\n${someDiff}-- \n2.39.5\n`,
  ].join('\n');
}

/** Mails as an mbox. */
export function mbox(mails: readonly string[]): Buffer {
  return Buffer.from(
    mails
      .map(
        (each) =>
          `From mboxrd@z Thu Jan  1 00:00:00 1970\n${each.replaceAll(/^(>*From )/gm, '>$1')}\n`,
      )
      .join(''),
    'latin1',
  );
}
