import type { LabHome } from '../harness/core/home.ts';
import type { BaseChoice } from '../harness/core/project.ts';
import type { Base } from './base.ts';
import { ageOf, releaseOf } from './bases/ages.ts';
import { builtEver, plain, toolchainOf } from './bases/architecture.ts';
import { findBase } from './bases.ts';
import { findRevision, openClone } from './source/revision.ts';
import { standingTree } from './source/work-tree.ts';

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
 * `base-unknown`, and what findRevision() and standingTree() throw for a clone that does not
 * have what is named.
 */
export async function makeBase(
  choice: BaseChoice,
  parts: ProjectParts,
  home: LabHome,
): Promise<Base> {
  const { patches, fragments, builds } = parts;
  const own = typeof choice === 'string' ? findBase(choice) : await originOf(choice, home);
  return {
    ...own,
    config: { ...own.config, fragments: [...own.config.fragments, ...Object.keys(fragments)] },
    patches,
    fragmentFiles: { ...own.fragmentFiles, ...fragments },
    toolchain: toolchainOf(ageOf(own.release, builtEver, own.architecture)),
    ...(builds === undefined ? {} : { builds }),
    // The lab's own base has a tree that all projects share.
    ...(typeof choice === 'string' || builds === undefined ? {} : { tree: builds }),
  };
}

/** Where kernel.org has a release: 2.6's are together, later ones by their first number. */
function archiveOf(release: string): string {
  const folder = release.startsWith('2.6.') ? 'v2.6' : `v${release.split('.')[0] ?? ''}.x`;
  return `https://cdn.kernel.org/pub/linux/kernel/${folder}/linux-${release}.tar.xz`;
}

async function originOf(choice: Exclude<BaseChoice, string>, home: LabHome): Promise<Base> {
  const { name, architecture } = choice;
  if ('debian' in choice) {
    const release = releaseOf(choice.debian.replace(/^linux-source-/, ''));
    const source = {
      kind: 'debian-package',
      package: choice.debian,
      suite: choice.suite ?? 'bookworm',
      leaveOut: [],
    } as const;
    return { ...plain(name, release, architecture), source };
  }
  if ('sha256' in choice) {
    const places = [choice.archive ?? archiveOf(choice.release)];
    const source = { kind: 'archive', sha256: choice.sha256, places } as const;
    return { ...plain(name, releaseOf(choice.release), architecture), source };
  }
  const found =
    'worktree' in choice
      ? (await standingTree(choice.worktree, home)).revision
      : await findRevision(await openClone(choice.repository), choice.revision);
  const source = {
    kind: 'git-revision',
    repository: found.gitFolder,
    revision: found.name,
    treeId: found.tree,
    ...('worktree' in choice && { origin: `${choice.worktree} as it stands` }),
  } as const;
  return { ...plain(name, releaseOf(found.version), architecture), source };
}
