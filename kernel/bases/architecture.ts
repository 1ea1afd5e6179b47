import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchitectureName } from '../../harness/core/architectures.ts';
import type { Base } from '../base.ts';
import { configFolder, fragmentsFor, isOwn } from '../build/fragments.ts';
import { patchesFolder } from '../series/series.ts';
import { ageOf, type Age } from './ages.ts';

/** When a kernel that is none of the lab's own says that it was built. */
export const builtEver = {
  words: 'Thu Jan  1 00:00:00 UTC 2009',
  seconds: 1_230_768_000,
} as const;

/** Returns all of a base that its release and architecture decide. */
export function plain(
  name: string,
  release: string,
  architecture: ArchitectureName = 'x86_64',
): Omit<Base, 'source'> {
  const age = ageOf(release, builtEver, architecture);
  return {
    ...age.base,
    name,
    release,
    architecture,
    config: { ...age.config, fragments: fragmentsFor(architecture) },
    fragmentFiles: Object.fromEntries(
      fragmentsFor(architecture).map((fragment) => [
        fragment,
        join(configFolder, age.fragmentFolder, `${fragment}.config`),
      ]),
    ),
  };
}

/**
 * Returns a base as it is on another architecture: `v6.1-arm64`, of the same source and with the
 * same patches, from the same tree.
 */
export function onArchitecture(base: Base, architecture: ArchitectureName): Base {
  if (architecture === base.architecture) return base;
  const name = `${base.name}-${architecture}`;
  const age = ageOf(base.release, builtEver, architecture);
  const usual = plain(name, base.release, architecture);
  const own = base.config.fragments.filter(isOwn);
  const ownFiles = Object.entries(base.fragmentFiles ?? {}).filter(([key]) => isOwn(key));
  return {
    ...usual,
    source: base.source,
    config: { ...usual.config, fragments: [...usual.config.fragments, ...own] },
    patches: base.patches ?? join(patchesFolder, base.name),
    toolchain: base.toolchain === undefined ? undefined : toolchainOf(age),
    fragmentFiles: { ...usual.fragmentFiles, ...Object.fromEntries(ownFiles) },
    tree: base.tree ?? base.name,
    builds: `${base.builds ?? base.name}-${architecture}`,
  };
}

/** Those that the series on v2.6.30 has as well. */
const toolchainFolder = join(patchesFolder, 'v2.6.30', 'toolchain');

/** Returns the paths of the patches that today's tools need for a kernel of an age. */
export function toolchainOf({ toolchain }: Age): readonly string[] {
  if (toolchain.length === 0) return [];
  return readdirSync(toolchainFolder)
    .filter((file) => toolchain.some((each) => file.startsWith(each)))
    .sort()
    .map((file) => join(toolchainFolder, file));
}
