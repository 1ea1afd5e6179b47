import { readFile } from 'node:fs/promises';
import { labError } from '../../harness/core/errors.ts';
import type { Base, Patch } from '../base.ts';
import { git } from '../git.ts';
import { parsePatch } from '../series/patch-file.ts';
import { lastLines } from '../../harness/core/run.ts';
import type { RunResult } from '../../harness/core/run.ts';

interface Rejected {
  readonly file: string;
  /** Empty: the file as a whole. */
  readonly hunks: readonly number[];
}

/** What git tells a user who could go on by hand: nobody can, the scratch tree goes. */
const advice =
  /^(hint: |Applying: |When you have resolved|If you prefer to skip|To restore the original|Use 'git am)/;

/**
 * Returns the error for a patch that `git am` stopped at, in the scratch work tree it
 * stopped in: which hunks of which files, by trying it once more with --reject there.
 */
export async function explainFailure(
  scratch: string,
  base: Base,
  patch: Patch | undefined,
  result: RunResult,
  settings: Readonly<Record<string, string>>,
): Promise<Error> {
  const words = lastLines(`${result.stdout}${result.stderr}`, 40).filter(
    (line) => !advice.test(line),
  );
  if (patch === undefined)
    return labError({
      code: 'git-failed',
      fault: 'infrastructure',
      doing: 'applying the series',
      what: 'git am ended without saying which patch',
      next: "See git's words below.",
      details: words,
    });
  await git(scratch, ['am', '--quit']);
  await git(scratch, ['reset', '--hard', '--quiet'], { settings });
  const args = ['apply', '--reject', '--whitespace=nowarn', patch.path];
  const tried = await git(scratch, args, { settings });
  const rejected = rejectedIn(`${tried.stdout}${tried.stderr}`);
  const places = rejected.flatMap(({ file, hunks }) =>
    hunks.length === 0 ? [file] : [`hunk ${hunks.join(', ')} of ${file}`],
  );
  const { hunks } = parsePatch(await readFile(patch.path, 'utf8'), patch.path);
  const lines = rejected.flatMap((place) =>
    hunks
      .filter((hunk) => hunk.file === place.file && place.hunks.includes(hunk.number))
      .map(
        (hunk) =>
          `${patch.file}: hunk ${hunk.number} of ${hunk.file}, at its line ${hunk.oldStart}`,
      ),
  );
  return labError({
    code: 'patch-does-not-apply',
    fault: 'patch',
    doing: `applying the series to ${base.name}`,
    what: `${patch.file} (${patch.subject}): ${places.join('; ') || 'git am refuses it'} does not apply`,
    next: `Rebase it on the patches before it: \`npm run lab -- series --base ${base.name}\` lists them. The tree was left as it was.`,
    details: [...lines, ...words],
  });
}

/** A patch that changes nothing is skipped by git am without an error: it is one here. */
export function explainSkip(base: Base, patches: readonly Patch[], result: RunResult): Error {
  const output = `${result.stdout}\n${result.stderr}`.split('\n');
  const at = output.findIndex((line) => line.includes('Patch already applied'));
  const before = output.slice(0, Math.max(at, 0)).reverse();
  const subject = before.find((line) => line.startsWith('Applying: '))?.slice(10);
  const patch = patches.find((candidate) => candidate.subject === subject);
  return labError({
    code: 'patch-changes-nothing',
    fault: 'patch',
    doing: `applying the series to ${base.name}`,
    what: `${patch?.file ?? subject ?? 'a patch'}: the tree has everything it adds already`,
    next: 'Take it out of the series.',
    details: lastLines(output.join('\n')),
  });
}

/** Reads what `git apply --reject` says. */
export function rejectedIn(output: string): Rejected[] {
  const found = new Map<string, number[]>();
  let file = '';
  for (const line of output.split('\n')) {
    const applying = /^Applying patch (.+) with \d+ rejects?\.\.\.$/.exec(line);
    if (applying?.[1] !== undefined) found.set((file = applying[1]), []);
    const hunk = /^Rejected hunk #(\d+)\.$/.exec(line);
    if (hunk !== null) found.get(file)?.push(Number(hunk[1]));
    // No hunk was tried: the file is missing, exists already, or is of another kind.
    const whole =
      /^error: (.+): (?:No such file or directory|already exists in .*|does not exist in index)$/.exec(
        line,
      );
    if (whole?.[1] !== undefined && !found.has(whole[1])) found.set(whole[1], []);
  }
  return [...found].map(([name, hunks]) => ({ file: name, hunks }));
}
