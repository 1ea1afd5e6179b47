import type { Command } from 'commander';
import type { ArchitectureName } from './architectures.ts';
import type { Base } from './base.ts';
import { resolvePath, type Cli } from './cli-context.ts';
import type { StateLedger } from './state.ts';

/** Where something stands in a guest. */
export interface ArtefactPlace {
  readonly path: string;
  /** Bytes before it. */
  readonly start: number;
}

/** How a project finds and shows the file that a case was about: an image, a trace. */
export interface ArtefactRules {
  /** What one is called: `image`. */
  readonly name: string;
  /** Returns where a command of the guest's shim writes or reads one, if it does. */
  readonly placeOf: (argv: readonly string[]) => ArtefactPlace | undefined;
  /** Returns it as lines for a report. Must not throw, whatever the bytes are. */
  readonly describe: (bytes: Uint8Array) => readonly string[];
  /** What shows the lines that a report leaves out: `\`lab image\` shows them`. */
  readonly more: string;
}

/** What `lab fuzz` tries; docs/fuzz.md says what each has to do. */
export interface FuzzRules {
  /** A program of the guest that makes mutants and tries them. */
  readonly program: string;
  /** A case file that makes what they are made of. */
  readonly corpus: string;
}

/** What a project is about, before all else. */
export interface Headline {
  /** Of the thing, not of the cases: `checkpoint of another task`. */
  readonly name: string;
  /** Whose ids match: they run first, and are summed up by themselves. */
  readonly cases: RegExp;
}

/** A kernel that a project is proven on: one of the lab's own by its name, or where it comes from. */
export type BaseChoice =
  string | (BasePlace & { readonly architecture?: ArchitectureName | undefined });

type BasePlace =
  | {
      readonly name: string;
      /** Debian's package: `linux-source-6.12`. */
      readonly debian: string;
      /** The release that has it; default `bookworm`. */
      readonly suite?: string | undefined;
    }
  | {
      readonly name: string;
      /** Of kernel.org: `6.12.5`. */
      readonly release: string;
      /** SHA-256 of its archive, hex, as kernel.org's sha256sums.asc lists it. */
      readonly sha256: string;
      /** The archive if it is another than kernel.org's .tar.xz: a file, or where it is downloaded from. */
      readonly archive?: string | undefined;
    }
  | {
      readonly name: string;
      /** A clone of Linux; only read. */
      readonly repository: string;
      /** A commit of it: `v6.12`. */
      readonly revision: string;
    }
  | {
      readonly name: string;
      /** A clone of Linux as its files stand, committed or only saved; only read. */
      readonly worktree: string;
    };

/** The units in which `lab bench` measures. */
export type BenchUnit = 's' | 'ms' | 'MiB' | '%' | '×';

/** Calls a guest's shim and returns its answer; rootfs/README.md has its words. */
export type Shim = (
  words: readonly string[],
  options?: { readonly deadline?: number },
) => Promise<Readonly<Record<string, unknown>>>;

/** A row of `lab bench`. */
export interface BenchRow {
  /** To choose it on the command line. */
  readonly key: string;
  readonly name: string;
  readonly unit: BenchUnit;
  /** The most it may be on 2 cores under TCG. */
  readonly goal: number;
  /** MiB that its guest has; default the base's. */
  readonly memory?: number | undefined;
  /** Measures once, in the row's unit; the next time is in the same guest. */
  readonly measure: (shim: Shim) => Promise<number>;
}

/** What `lab bench` measures with. */
export interface BenchRules {
  readonly rows?: readonly BenchRow[] | undefined;
  /** An expression for one case that needs little of its guest: what is measured is the way there. */
  readonly one?: string | undefined;
  /** Files of about a hundred cases that take less than 0.2 s each. */
  readonly short?: readonly string[] | undefined;
  /** Words of a line of the series that `one` never executes: what is changed in it. */
  readonly change?: string | undefined;
}

/** A C file or a folder of C files; or one that is compiled with further C files. */
export type ProgramChoice = string | { readonly program: string; readonly with: readonly string[] };

/** A list, or one for each base by its name. */
export type PerBase = readonly string[] | Readonly<Record<string, readonly string[]>>;

/** What a lab.config.ts says. Paths are relative to its folder. */
export interface ProjectConfig {
  readonly name: string;
  /** The kernels it is for, the preferred one first; default the lab's own. */
  readonly bases?: readonly BaseChoice[] | undefined;
  /** The folder of its patches, or of one such folder for each base; without it there are none. */
  readonly series?: string | undefined;
  /** Fragments of the kernel's configuration, after the lab's own. */
  readonly config?: PerBase | undefined;
  /** The folder of its case files; default `cases`. */
  readonly cases?: string | undefined;
  /** C files, or folders of such, each a program of the guest; or one with files of another's. */
  readonly programs?: readonly ProgramChoice[] | undefined;
  /** kselftest targets of the tree: `sigaltstack`. Each of their programs is one of the guest. */
  readonly selftests?: readonly string[] | undefined;
  /** Console lines that the kernel prints on purpose: told of, and no failure. */
  readonly notices?: readonly RegExp[] | undefined;
  /** The kernel calls under test, each with its number on each base: what guest.kernelCall() takes. */
  readonly calls?: Readonly<Record<string, Readonly<Record<string, number>>>> | undefined;
  /** Adds the project's own words to a guest. */
  readonly verbs?: ((guest: never) => object) | undefined;
  readonly artefacts?: ArtefactRules | undefined;
  readonly headline?: Headline | undefined;
  /** What becomes of each field of the kernel's structs: what `lab state` holds against a kernel. */
  readonly state?: StateLedger | undefined;
  /** What `lab bench` measures of it. */
  readonly bench?: BenchRules | undefined;
  readonly fuzz?: FuzzRules | undefined;
  /** The list of lines that no case runs, with reasons; docs/coverage.md says how it is written. */
  readonly unreached?: string | undefined;
  /** Adds the project's own commands to the lab's. */
  readonly addCommands?: ((program: Command, cli: Cli) => void) | undefined;
}

/** A program of a project's own: its name in the guest's /bin, and its C files, absolute. */
export interface ProjectProgram {
  readonly name: string;
  readonly files: readonly string[];
}

/** What is proven, as the lab has read it. Paths are absolute. */
export interface Project {
  readonly name: string;
  /** The folder that reports name files from, and results lie in. */
  readonly root: string;
  readonly bases: readonly Base[];
  /** The folder of run folders. */
  readonly results: string;
  readonly cases: string;
  readonly programs: readonly ProjectProgram[];
  readonly selftests: readonly string[];
  readonly notices: readonly RegExp[];
  /** Names of the kernel calls under test; undefined where nobody says. */
  readonly calls?: readonly string[] | undefined;
  readonly artefacts?: ArtefactRules | undefined;
  readonly headline?: Headline | undefined;
  readonly state?: StateLedger | undefined;
  readonly bench: BenchRules;
  readonly fuzz?: FuzzRules | undefined;
  /** The file of the list of lines that no case runs. */
  readonly unreached?: string | undefined;
  readonly addCommands?: ((program: Command, cli: Cli) => void) | undefined;
}

/** Returns the absolute path of the results folder: what `--results` names, or the project's. */
export function resultsFolder(cli: ProjectCli, named: string | undefined): string {
  return named === undefined ? cli.project.results : resolvePath(cli, named);
}

/** A command line, and the project that it is about. Its root is the project's. */
export interface ProjectCli extends Cli {
  readonly project: Project;
}
