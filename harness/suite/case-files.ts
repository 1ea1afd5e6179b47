import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Project } from '../core/project.ts';
import type { CaseFile } from './host-protocol.ts';

/** Returns the case files at these absolute paths, or all of the project's if there are none. */
export async function findCaseFiles(
  files: readonly string[],
  { root, cases: folder }: Pick<Project, 'root' | 'cases'>,
): Promise<CaseFile[]> {
  const there = await readdir(folder).catch(() => []);
  const all = there.filter((name) => name.endsWith('.ts')).sort();
  const paths = files.length > 0 ? files : all.map((name) => join(folder, name));
  return paths.map((path) => ({ name: relative(root, path), path }));
}
