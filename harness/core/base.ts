import type { ArchitectureName } from './architectures.ts';

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
      readonly kind: 'archive';
      /** SHA-256 of the archive, hex; anything else is refused. */
      readonly sha256: string;
      /** A file, absolute, or what is downloaded: the first that answers. */
      readonly places: readonly string[];
    }
  | {
      readonly kind: 'git-revision';
      /** Absolute path of the git directory of a user's clone, which is only read. */
      readonly repository: string;
      /** As the user named it: `v6.12`. */
      readonly revision: string;
      /** Its git tree id. */
      readonly treeId: string;
      /** In words, where the user knows it by another name than the repository's path. */
      readonly origin?: string | undefined;
    };

/** What compiles a kernel; `--compiler` names it. */
export type CompilerName = 'gcc' | 'clang';

/** What a kernel can have besides to find bugs; `--with` names them. */
export const sanitizerNames = ['kasan', 'ubsan', 'slub'] as const;
export type SanitizerName = (typeof sanitizerNames)[number];

/** A kernel the lab can test a series on: data only. */
export interface Base {
  /** `v2.6.30`: what the user types, and how results name it. */
  readonly name: string;
  /** What `uname -r` begins with in the guest. */
  readonly release: string;
  readonly architecture: ArchitectureName;
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
    /** What deadlines are multiplied by, for a kernel that does more than others; default 1. */
    readonly slower?: number | undefined;
    /** QEMU's -cpu under TCG and under KVM: a model old enough for the base. */
    readonly cpu: { readonly tcg: string; readonly kvm: string };
  };
  /** Absolute path of the folder with its series; default the repository's own of its name. */
  readonly patches?: string | undefined;
  /** Absolute paths of patches that today's tools need, for a series that brings none of its own. */
  readonly toolchain?: readonly string[] | undefined;
  /** Absolute paths of fragments, by name; the others are the repository's own. */
  readonly fragmentFiles?: Readonly<Record<string, string>> | undefined;
  /** Its tree's name in the lab home; default its own. */
  readonly tree?: string | undefined;
  /** The same of its build folder: projects share a tree, and what ccache knows of its path. */
  readonly builds?: string | undefined;
}
