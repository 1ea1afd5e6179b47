import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Patch, Source } from '../base.ts';
import { git, gitFailed, gitText } from '../git.ts';
import { isCounted, plainGroup, toolchainGroup } from './series.ts';

/** What a commit, or a patch after the tree's prefix, becomes. */
export interface Planned {
  readonly group: string;
  readonly subject: string;
  readonly bytes: Buffer;
  /** The patch it was before, if it was one. */
  readonly was: Patch | undefined;
  /** Its name without number, for a commit that was no patch before. */
  readonly slug: string;
}

/**
 * Returns what each commit of a base's tree, up to `tip`, becomes: the very bytes of its patch for
 * one that the lab made, for another what `git format-patch` says.
 */
export async function planCommits(
  source: Source,
  patches: readonly Patch[],
  known: ReadonlyMap<string, Patch>,
  tip = 'HEAD',
): Promise<Planned[]> {
  const tree = source.repository;
  const range = `${source.commit}..${tip}`;
  const log = await gitText(tree, ['log', '--reverse', '--format=%H%x09%f%x09%s', range]);
  const plans: Planned[] = [];
  const counted = patches.find(isCounted)?.group ?? plainGroup;
  for (const line of log.split('\n').filter((found) => found !== '')) {
    const [commit = '', slug = '', subject = ''] = line.split('\t');
    const whole = known.get(commit);
    if (whole !== undefined) {
      plans.push(await planPatch(whole));
      continue;
    }
    const was = patches.find((patch) => patch.subject === subject);
    const before = plans.at(-1)?.group;
    const inherited = before === undefined || before === toolchainGroup ? undefined : before;
    // A patch that was moved back into an earlier group's place is of that group now.
    const own =
      was !== undefined && !comesBefore(was.group, before, patches) ? was.group : undefined;
    const group =
      own ?? inherited ?? (subject.startsWith(toolchainGroup) ? toolchainGroup : counted);
    const bytes = await formatPatch(tree, commit);
    plans.push({ group, subject, bytes, was, slug });
  }
  return plans;
}

/** Whether one group's patches come before another's in a series. */
function comesBefore(group: string, other: string | undefined, patches: readonly Patch[]): boolean {
  const placeOf = (name: string) => patches.findIndex((patch) => patch.group === name);
  return other !== undefined && placeOf(group) < placeOf(other);
}

/** Returns a patch as it is. */
export async function planPatch(patch: Patch): Promise<Planned> {
  const slug = /([^/]*)\.patch$/.exec(patch.file)?.[1]?.replace(/^\d+-/, '') ?? '';
  const bytes = await readFile(patch.path);
  return { group: patch.group, subject: patch.subject, bytes, was: patch, slug };
}

/** The same bytes for the same commit, whichever git makes it and however it is configured. */
async function formatPatch(tree: string, commit: string): Promise<Buffer> {
  const form = ['--stdout', '--zero-commit', '--no-signature', '--full-index', '--no-numbered'];
  const args = ['format-patch', '-1', ...form, commit];
  const result = await git(tree, args);
  if (result.status !== 0) throw gitFailed(tree, args, result);
  return Buffer.from(result.stdout);
}

/** With its file, relative to patches/<base>. */
export interface Named extends Planned {
  readonly file: string;
}

/** Returns plans with the names that git would give their files. */
export function nameAll(plans: readonly Planned[]): Named[] {
  const counts = new Map<string, number>();
  return plans.map((plan) => {
    const number = (counts.get(plan.group) ?? 0) + 1;
    counts.set(plan.group, number);
    // git's own names: 64 bytes with the suffix and a closing NUL.
    const name = `${String(number).padStart(4, '0')}-${plan.slug}`.slice(0, 57);
    return { ...plan, file: `${plan.group}/${name}.patch` };
  });
}

/** Writes a series into a folder of its own, which is emptied before. */
export async function writeAll(
  root: string,
  named: readonly { readonly file: string; readonly bytes: string | Buffer }[],
  list: string,
): Promise<void> {
  await rm(root, { recursive: true, force: true });
  for (const { file, bytes } of named) {
    const path = join(root, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'series'), list);
}
