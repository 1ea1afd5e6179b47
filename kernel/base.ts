/** Where a base's source can come from and how it is vouched for. */
export type SourceRecipe =
  | {
      readonly kind: 'git-tree';
      /** The git tree id that the unpacked source must have; anything else is refused. */
      readonly treeId: string;
      /** What a clone calls it. */
      readonly tag: string;
      /** Archives on the network, tried in order. */
      readonly urls: readonly string[];
    }
  | {
      readonly kind: 'debian-package';
      /** apt's own signature chain vouches for it. */
      readonly package: string;
      /** The release that has it, for a machine whose own apt does not know it. */
      readonly suite: string;
      /** Folders that no build reads, not unpacked. */
      readonly leaveOut: readonly string[];
    }
  | {
      readonly kind: 'git-revision';
      /** Absolute path of the git directory of a user's clone, which is only read. */
      readonly repository: string;
      /** As the user named it: `v6.12`. */
      readonly revision: string;
      /** Its git tree id. */
      readonly treeId: string;
    };

/** Returns the git tree id that a base's source must have; undefined if none is pinned. */
export function pinnedTree({ source }: Pick<Base, 'source'>): string | undefined {
  return source.kind === 'debian-package' ? undefined : source.treeId;
}

/** What compiles a kernel; `--compiler` names it. */
export type CompilerName = 'gcc' | 'clang';

/** A kernel the lab can test a series on: data only. */
export interface Base {
  /** `v2.6.30`: what the user types, and the folder's name under patches/ and kernel/config/. */
  readonly name: string;
  /** What `uname -r` begins with in the guest. */
  readonly release: string;
  readonly architecture: 'x86_64';
  readonly source: SourceRecipe;
  /** What make is given as CC, and why in the base's own comments. */
  readonly compiler: readonly string[];
  /** What make is given as HOSTCC: it compiles the build's own programs. */
  readonly hostCompiler: readonly string[];
  /** Further variables on make's command line: `KBUILD_BUILD_USER=lab`. */
  readonly makeVariables: Readonly<Record<string, string>>;
  /**
   * Programs that would make two builds differ, and the line of shell that replaces each;
   * it has a PATH whose first entry is the replacements' own folder.
   */
  readonly pinnedCommands: Readonly<Record<string, string>>;
  /** The time that objects of the build's host programs see, and the compiler flags each needs besides. */
  readonly pinnedTime: {
    readonly seconds: number;
    readonly objects: Readonly<Record<string, string>>;
  };
  /** Roughly how many C files a full build compiles: the total of a first build's progress. */
  readonly objects: number;
  readonly config: {
    readonly start: 'allnoconfig';
    /** Makes an old .config whole again: 2.6.30 has no olddefconfig. */
    readonly settle: 'oldconfig' | 'olddefconfig';
    readonly fragments: readonly string[];
  };
  readonly guest: {
    readonly commandLine: readonly string[];
    /** In MiB. */
    readonly memory: number;
    readonly cpus: number;
    /** QEMU's -cpu under TCG and under KVM: a model old enough for the base. */
    readonly cpu: { readonly tcg: string; readonly kvm: string };
  };
  /** Those of checkpoint/restart; another series has none. */
  readonly syscalls?: { readonly checkpoint: number; readonly restart: number } | undefined;
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
  /** From 1 in its group; what `--upto N` counts, but for the group `toolchain`. */
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
  readonly bzImage: string;
  readonly vmlinux: string;
  readonly systemMap: string;
  readonly config: string;
  readonly buildLog: string;
  /** Compiler warnings in lines that the series wrote. */
  readonly warnings: readonly CompilerWarning[];
  readonly cached: boolean;
}
