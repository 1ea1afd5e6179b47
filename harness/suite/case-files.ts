import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CaseFile } from './host-protocol.ts';

/** Returns the case files at these absolute paths, or all of the repository's if there are none. */
export async function findCaseFiles(files: readonly string[], root: string): Promise<CaseFile[]> {
  const folder = join(root, 'cases');
  const all = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort();
  const paths = files.length > 0 ? files : all.map((name) => join(folder, name));
  return paths.map((path) => ({ name: relative(root, path), path }));
}
