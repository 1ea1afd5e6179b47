import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseChoice } from '../harness/core/project.ts';
import type { Base } from './base.ts';
import { ageOf, releaseOf, type Age } from './bases/ages.ts';
import { findBase } from './bases.ts';
import { configFolder, labFragments } from './build/fragments.ts';
import { patchesFolder } from './series/series.ts';
import { findRevision, openClone } from './source/revision.ts';

/** When a kernel that is none of the lab's own says that it was built. */
export const builtEver = {
  words: 'Thu Jan  1 00:00:00 UTC 2009',
  seconds: 1_230_768_000,
} as const;

/** What a project lays upon a base. Paths are absolute. */
export interface ProjectParts {
  /** The folder of its patches for this base. */
  readonly patches: string;
  /** Its fragments by name, in order. */
  readonly fragments: Readonly<Record<string, string>>;
  /** What its build folder is called in the lab home; undefined for the base's own name. */
  readonly builds: string | undefined;
}

/**
 * Returns a base that a project has chosen, with what the project lays upon it. Throws
 * `base-unknown`, and what findRevision() throws for a clone that does not have the commit.
 */
export async function makeBase(choice: BaseChoice, parts: ProjectParts): Promise<Base> {
  const { patches, fragments, builds } = parts;
  const own = typeof choice === 'string' ? findBase(choice) : await originOf(choice);
  const age = ageOf(own.release, builtEver);
  const lab = typeof choice === 'string' ? {} : fragmentsOf(age);
  return {
    ...own,
    config: { ...own.config, fragments: [...labFragments, ...Object.keys(fragments)] },
    patches,
    fragmentFiles: { ...lab, ...fragments },
    toolchain: await toolchainOf(age),
    ...(builds === undefined ? {} : { builds }),
    // The lab's own base has a tree that all projects share.
    ...(typeof choice === 'string' || builds === undefined ? {} : { tree: builds }),
  };
}

async function originOf(choice: Exclude<BaseChoice, string>): Promise<Base> {
  const { name } = choice;
  if ('debian' in choice) {
    const release = releaseOf(choice.debian.replace(/^linux-source-/, ''));
    const source = {
      kind: 'debian-package',
      package: choice.debian,
      suite: choice.suite ?? 'bookworm',
      leaveOut: [],
    } as const;
    return { ...plain(name, release), source };
  }
  const {
    gitFolder,
    name: revision,
    tree,
    version,
  } = await findRevision(await openClone(choice.repository), choice.revision);
  const source = { kind: 'git-revision', repository: gitFolder, revision, treeId: tree } as const;
  return { ...plain(name, releaseOf(version)), source };
}

/** Returns all of a base that its release decides. */
export function plain(name: string, release: string): Omit<Base, 'source'> {
  const age = ageOf(release, builtEver);
  return {
    ...age.base,
    name,
    release,
    architecture: 'x86_64',
    config: { ...age.config, fragments: labFragments },
  };
}

function fragmentsOf({ fragmentFolder }: Age): Record<string, string> {
  return Object.fromEntries(
    labFragments.map((name) => [name, join(configFolder, fragmentFolder, `${name}.config`)]),
  );
}

/** Returns the paths of the patches that today's tools need for a kernel of an age. */
export async function toolchainOf({ toolchain }: Age): Promise<readonly string[]> {
  if (toolchain.length === 0) return [];
  const folder = join(patchesFolder, 'v2.6.30', 'toolchain');
  return (await readdir(folder))
    .filter((file) => toolchain.some((each) => file.startsWith(each)))
    .sort()
    .map((file) => join(folder, file));
}
