import type { Base } from '../harness/core/base.ts';

export type { Base, CompilerName, SanitizerName, SourceRecipe } from '../harness/core/base.ts';

/** Returns the git tree id that a base's source must have; undefined if none is pinned. */
export function pinnedTree({ source }: Pick<Base, 'source'>): string | undefined {
  return 'treeId' in source ? source.treeId : undefined;
}

/** A verified source: a git repository whose commit is the base, nothing applied. */
export interface Source {
  readonly base: Base;
  /** Git tree id of the source: goes into every later key. */
  readonly id: string;
  /** `2.6.30`, or Debian's package version. */
  readonly version: string;
  /** In words: `git repository /home/me/linux`, `apt: linux-source-6.1 6.1.192-2`. */
  readonly origin: string;
  /** Absolute path of the git repository under the lab's home. */
  readonly repository: string;
  /** The base's commit in it. */
  readonly commit: string;
}

export interface Patch {
  /** From 1, as `--upto N` counts, over all groups but `toolchain`, which counts by itself. */
  readonly number: number;
  /** `toolchain`, `cr`, or `topic` for one that a user has given. */
  readonly group: string;
  /** Relative to patches/<base>: `cr/0001-c-r-syscalls.patch`. */
  readonly file: string;
  readonly path: string;
  /** Without `[PATCH n/m]`. */
  readonly subject: string;
  readonly files: readonly string[];
  readonly added: number;
  readonly removed: number;
  /** SHA-256 of its bytes, hex. */
  readonly hash: string;
}

/** A series, or a prefix of one, in order of application. */
export interface Series {
  readonly base: Base;
  readonly patches: readonly Patch[];
}

/** A checked-out tree with a series applied. */
export interface PatchedTree {
  readonly source: Source;
  readonly series: Series;
  /** The work tree the build reads. */
  readonly path: string;
  /** Git tree id after the last patch. */
  readonly id: string;
  readonly commit: string;
}

export interface CompilerWarning {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** A built kernel. All paths absolute, in the lab's image cache. */
export interface Image {
  readonly base: Base;
  readonly source: Source;
  readonly series: Series;
  readonly key: string;
  /** The compiler and the linker that built it, by the first lines of what they say of themselves. */
  readonly compiler: string;
  /** What QEMU boots: a bzImage, or what the architecture has instead. */
  readonly kernel: string;
  readonly vmlinux: string;
  readonly systemMap: string;
  readonly config: string;
  readonly buildLog: string;
  /** Compiler warnings in lines that the series wrote. */
  readonly warnings: readonly CompilerWarning[];
  readonly cached: boolean;
}
