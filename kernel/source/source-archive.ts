import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../../harness/store/cache.ts';
import type { Base } from '../base.ts';
import { lastLines, run } from '../../harness/core/run.ts';
import { unusableSource, wrongSource } from './source-errors.ts';
import { importFolder } from './source-folder.ts';
import type { Imported, ImportOptions } from './source-git.ts';

/**
 * Unpacks a tarball of any compression that tar knows and imports what is in it. Throws
 * `source-unusable` for what is no tarball or a truncated one, `source-id-mismatch`.
 */
export async function importArchive(
  base: Base,
  archive: string,
  place: string,
  staging: string,
  options: ImportOptions,
): Promise<Imported> {
  await refuseOther(base, archive, place);
  const unpacked = join(staging, 'unpacked');
  await mkdir(unpacked, { recursive: true });
  const leaveOut = base.source.kind === 'debian-package' ? base.source.leaveOut : [];
  let files = 0;
  const result = await run(
    'tar',
    [
      '--extract',
      '--verbose',
      '--no-same-owner',
      '--no-same-permissions',
      ...leaveOut.map((folder) => `--exclude=*/${folder}/*`),
      `--directory=${unpacked}`,
      `--file=${archive}`,
    ],
    {
      signal: options.signal,
      onLine: () => {
        files += 1;
        if (files % 500 === 0) options.progress(files, undefined, 'files', 'unpacking');
      },
    },
  );
  if (result.status !== 0)
    throw unusableSource(
      base,
      place,
      'it cannot be unpacked: not a tarball, cut short, or its compression is unknown here',
      lastLines(result.stderr),
    );
  const folder = await topFolder(unpacked);
  return importFolder(base, folder, place, staging, true, options);
}

/** Nothing is unpacked of an archive that has not the checksum which the base names. */
async function refuseOther(base: Base, archive: string, place: string): Promise<void> {
  if (base.source.kind !== 'archive') return;
  const { sha256 } = base.source;
  const found = await hashFile(archive);
  if (found !== sha256) throw wrongSource(base, place, `SHA-256 ${sha256}`, `SHA-256 ${found}`);
}

/** A kernel tarball holds one folder; files at its top are fine as well. */
async function topFolder(unpacked: string): Promise<string> {
  const entries = await readdir(unpacked, { withFileTypes: true });
  const [only] = entries;
  return entries.length === 1 && only?.isDirectory() === true
    ? join(unpacked, only.name)
    : unpacked;
}
