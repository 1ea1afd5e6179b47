import { labError } from '../../harness/core/errors.ts';
import { git } from '../git.ts';
import { findGitFolder } from '../source/source-git.ts';
import { versionIn } from '../source/source-version.ts';
import type { ErrorCode } from '../../harness/core/error-codes.ts';

/** A commit of a user's clone that a series is based on. */
export interface Revision {
  /** Absolute path of the clone's git directory. */
  readonly gitFolder: string;
  /** As it was named: `v6.12`. */
  readonly name: string;
  readonly commit: string;
  readonly tree: string;
  /** What its top Makefile states: `6.12.0-rc3`. */
  readonly version: string;
}

/** Returns the git directory of a user's clone. Throws `repository-missing` (usage). */
export async function openClone(place: string): Promise<string> {
  const found = await findGitFolder(place);
  if (found !== undefined) return found;
  throw refuseClone(place, 'repository-missing', `${place} is not a git repository`);
}

/**
 * Returns a commit of a clone with the kernel's version there. Throws `revision-unknown` and
 * `revision-no-kernel` (usage). Nothing is written to the clone.
 */
export async function findRevision(gitFolder: string, name: string): Promise<Revision> {
  const wanted = [`${name}^{commit}`, `${name}^{tree}`];
  const found = await git(gitFolder, [
    'rev-parse',
    '--verify',
    '--end-of-options',
    wanted[0] ?? '',
  ]);
  const commit = found.stdout.trim();
  if (found.status !== 0)
    throw refuseClone(gitFolder, 'revision-unknown', `it has no commit ${name}`);
  const tree = (await git(gitFolder, ['rev-parse', `${commit}^{tree}`])).stdout.trim();
  const version = versionIn((await git(gitFolder, ['show', `${commit}:Makefile`])).stdout);
  if (version === undefined)
    throw refuseClone(gitFolder, 'revision-no-kernel', `${name} has no Makefile of a kernel`);
  return { gitFolder, name, commit, tree, version };
}

/** An error about what a user has said of a clone. */
export function refuseClone(
  place: string,
  code: ErrorCode,
  what: string,
  details: readonly string[] = [],
  next = 'Name a clone of Linux with --repo, and commits that it has.',
): Error {
  return labError({
    ...{ code, fault: 'usage', doing: `reading the repository ${place}`, what, next, details },
  });
}
