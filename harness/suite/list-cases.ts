import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { firstOf } from '../core/deadline.ts';
import { startHost } from './host.ts';
import type { CaseHost } from './host.ts';
import type { CaseFile } from './host-protocol.ts';
import { listBroken } from './listing.ts';
import type { Listing } from './listing.ts';
import type { Project } from '../core/project.ts';

/** Milliseconds a file may take to be imported; the first one waits for Node as well. */
const usualPatience = 30_000;

/**
 * Imports case files without a guest, each of them whatever the others do, and returns what
 * they declare. `root` is the repository's. A file that can't be imported, that ends the
 * process or that does not come to an end in time is a mistake in the listing.
 */
export async function listCases(
  files: readonly CaseFile[],
  root: string,
  patience = usualPatience,
): Promise<Listing> {
  const listings: Listing[] = [];
  let host = startListingHost(root);
  try {
    for (const file of files) {
      if (!host.alive()) host = startListingHost(root);
      listings.push(await listFile(host, file, patience));
    }
  } finally {
    await host.kill();
  }
  return {
    cases: listings.flatMap(({ cases }) => cases),
    mistakes: listings.flatMap(({ mistakes }) => mistakes),
  };
}

async function listFile(host: CaseHost, file: CaseFile, patience: number): Promise<Listing> {
  try {
    const listing = await firstOf(host.list([file]), patience);
    if (listing !== undefined) return listing;
    await host.kill();
    return listBroken(file.name, `importing it does not come to an end in ${patience / 1000} s`);
  } catch (error) {
    return listBroken(file.name, error instanceof Error ? error.message : String(error));
  }
}

function startListingHost(root: string): CaseHost {
  return startHost({
    root,
    answer: () => Promise.resolve({ failure: { message: 'no guest runs while cases are listed' } }),
    // What is thrown after an import concerns the run, where it is heard.
    onStray: () => undefined,
    onPrint: () => undefined,
  });
}

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
