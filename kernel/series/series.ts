import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { labError } from '../../harness/core/errors.ts';
import type { Base, Patch, Series } from '../base.ts';
import { parsePatch } from './patch-file.ts';
import { parseList } from './series-list.ts';

/** The folder of the repository that holds every base's patches. */
export const patchesFolder = join(import.meta.dirname, '../..', 'patches');

/** The group whose patches `--upto` counts. */
export const countedGroup = 'cr';

/** The group of a series that a user has given. */
export const givenGroup = 'topic';

/** Tells whether a patch is one of those that `--upto` counts: not what a toolchain needs. */
export function isCounted({ group }: Pick<Patch, 'group'>): boolean {
  return group === countedGroup || group === givenGroup;
}

/**
 * Returns a base's series, or the prefix that ends with patch `upto`: a number of the
 * group `cr` (0: none of it), or words that one subject alone contains. Throws
 * `series-mismatch`, `patch-malformed`, `series-upto-unknown`.
 */
export async function readSeries(
  base: Base,
  upto?: string | number,
  folder: string = patchesFolder,
): Promise<Series> {
  const root = join(folder, base.name);
  const listed = await readList(root);
  await refuseStrays(root, listed);
  const counts = new Map<string, number>();
  const patches: Patch[] = [];
  for (const file of listed) {
    const group = file.split('/')[0] ?? '';
    const number = (counts.get(group) ?? 0) + 1;
    counts.set(group, number);
    const path = join(root, file);
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

function isListedAsCounted(file: string): boolean {
  return isCounted({ group: file.split('/')[0] ?? '' });
}

async function readList(root: string): Promise<string[]> {
  const path = join(root, 'series');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw mismatch(`${path} is missing`, []);
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
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
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
