import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { labError } from '../../harness/core/errors.ts';
import type { Base, Patch, Series } from '../base.ts';
import { parsePatch } from './patch-file.ts';
import { parseList } from './series-list.ts';

/** The folder of the repository that holds every base's patches. */
export const patchesFolder = join(import.meta.dirname, '../..', 'patches');

/** The group of what today's tools need; `--upto` counts all others. */
export const toolchainGroup = 'toolchain';

/** The group of patches that lie in no folder of their own. */
export const plainGroup = 'topic';

/** Tells whether a patch is one of those that `--upto` counts: not what a toolchain needs. */
export function isCounted({ group }: Pick<Patch, 'group'>): boolean {
  return group !== toolchainGroup;
}

/** Returns the folder of a base's patches: below `folder`, or where its project has them. */
export function seriesFolder(base: Base, folder?: string): string {
  return folder === undefined
    ? (base.patches ?? join(patchesFolder, base.name))
    : join(folder, base.name);
}

/**
 * Returns a base's series, or the prefix that ends with patch `upto`: a number (0: nothing but
 * what the toolchain needs), or words that one subject alone contains. Without a file `series`
 * a project's patches go by their names. Throws `series-mismatch`, `patch-malformed`,
 * `series-upto-unknown`.
 */
export async function readSeries(
  base: Base,
  upto?: string | number,
  folder?: string,
): Promise<Series> {
  const root = seriesFolder(base, folder);
  const listed = (await readList(root)) ?? (await listFolder(root, base));
  await refuseStrays(root, listed);
  const counts = new Map<string, number>();
  const patches: Patch[] = [];
  const hasTools = listed.some((file) => groupOf(file) === toolchainGroup);
  const tools = hasTools ? [] : (base.toolchain ?? []);
  const places = [
    ...tools.map((path) => ({ file: `${toolchainGroup}/${basename(path)}`, path })),
    ...listed.map((file) => ({ file, path: join(root, file) })),
  ];
  for (const { file, path } of places) {
    const group = groupOf(file);
    // Fixes that come first are counted with the others: a number is what --upto takes, and one
    // patch's alone.
    const counted = isCounted({ group }) ? 'counted' : group;
    const number = (counts.get(counted) ?? 0) + 1;
    counts.set(counted, number);
    const bytes = await readFile(path);
    const { subject, files, added, removed } = parsePatch(bytes.toString('utf8'), path);
    const hash = createHash('sha256').update(bytes).digest('hex');
    patches.push({ number, group, file, path, subject, files, added, removed, hash });
  }
  return { base, patches: patches.slice(0, endOf(patches, upto)) };
}

/** Returns the prefixes of a series that `lab series check` proves, shortest first. */
export function prefixesOf(series: Series): Series[] {
  const first = series.patches.filter((patch) => !isCounted(patch)).length;
  const ends = series.patches.flatMap((_, index) => (index + 1 > first ? [index + 1] : []));
  return [first, ...ends].map((end) => ({ ...series, patches: series.patches.slice(0, end) }));
}

/** Returns how far a prefix goes in words: `0012 c/r: dump open files`. */
export function nameOfPrefix(series: Series): string {
  const last = series.patches.filter(isCounted).at(-1);
  return last === undefined ? '0000 (nothing of the series)' : nameOfPatch(last);
}

/** Returns `0012 c/r: dump open files`. */
export function nameOfPatch(patch: Patch): string {
  return `${String(patch.number).padStart(4, '0')} ${patch.subject}`;
}

function groupOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : plainGroup;
}

function isListedAsCounted(file: string): boolean {
  return isCounted({ group: groupOf(file) });
}

/** The patches of a project's folder by their names: `git format-patch -o` writes no list. */
async function listFolder(root: string, base: Base): Promise<string[]> {
  if (base.patches === undefined) throw mismatch(`${join(root, 'series')} is missing`, []);
  const entries = await readdir(root).catch(() => []);
  return entries.filter((name) => name.endsWith('.patch')).sort();
}

async function readList(root: string): Promise<string[] | undefined> {
  const path = join(root, 'series');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const listed = parseList(text).entries.map(({ file }) => file);
  const twice = listed.filter((file, index) => listed.indexOf(file) !== index);
  if (twice.length > 0) throw mismatch(`${path} lists patches twice`, twice);
  const counted = listed.findIndex(isListedAsCounted);
  const late = counted < 0 ? [] : listed.slice(counted).filter((file) => !isListedAsCounted(file));
  if (late.length > 0)
    throw mismatch(`${path} lists patches of other groups after those of the series`, late);
  return listed;
}

/** A patch that is there but not listed, or listed but not there, would be skipped in silence. */
async function refuseStrays(root: string, listed: readonly string[]): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const there = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.patch'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const missing = listed.filter((file) => !there.includes(file));
  if (missing.length > 0)
    throw mismatch(`${join(root, 'series')} lists patches that are not there`, missing);
  const stray = there.filter((file) => !listed.includes(file));
  if (stray.length > 0) throw mismatch(`${join(root, 'series')} does not list every patch`, stray);
}

function endOf(patches: readonly Patch[], upto: string | number | undefined): number {
  if (upto === undefined) return patches.length;
  const wanted = String(upto).trim();
  const before = patches.filter((patch) => !isCounted(patch)).length;
  const last = patches.length - before;
  if (/^\d+$/.test(wanted)) {
    if (Number(wanted) <= last) return before + Number(wanted);
    throw unknownEnd(wanted, `the series has patches 0 to ${last}`, patches);
  }
  const exact = patches.filter((patch) => patch.subject === wanted);
  const matching =
    exact.length === 1
      ? exact
      : patches.filter((patch) => patch.subject.toLowerCase().includes(wanted.toLowerCase()));
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return patches.indexOf(only) + 1;
  const why = only === undefined ? 'no subject contains it' : 'more than one subject contains it';
  throw unknownEnd(wanted, why, only === undefined ? patches : matching);
}

function unknownEnd(wanted: string, why: string, candidates: readonly Patch[]): Error {
  return labError({
    code: 'series-upto-unknown',
    fault: 'usage',
    doing: `looking for the patch ${wanted}`,
    what: why,
    next: 'Give the number of a patch, or words of one subject only, with --upto.',
    details: candidates.map((patch) =>
      isCounted(patch) ? nameOfPatch(patch) : `${patch.group}: ${patch.subject}`,
    ),
  });
}

function mismatch(what: string, files: readonly string[]): Error {
  return labError({
    code: 'series-mismatch',
    fault: 'patch',
    doing: 'reading the series',
    what,
    next: 'List every patch of the folder in the file `series`, one a line in order, and remove the others.',
    details: files,
  });
}
