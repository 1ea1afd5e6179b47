import type { CompilerName, SanitizerName } from '../../kernel/base.ts';
import type { ArchitectureName } from '../core/architectures.ts';
import type { GivenOptions } from '../../kernel/given.ts';
import type { Shard } from './shard.ts';

/** How much of a run shares a guest. */
export type Isolation = 'none' | 'file' | 'case';

/**
 * Returns the options of a run that change what a verdict means, as one types them; nothing for
 * a plain run. Which cases are run, how often and in what order is no matter.
 */
export function kindOf(options: RunOptions): string | undefined {
  const { given, upto, tree, sanitizers, debug, isolate } = options;
  const words = [
    ...(given === undefined ? [] : ['a series of its own']),
    ...(upto === undefined ? [] : [`--upto ${upto}`]),
    ...(tree ? ['--tree'] : []),
    ...withWords(sanitizers),
    ...(debug ? [] : ['--no-debug']),
    ...(isolate === 'none' ? ['--reuse'] : []),
  ];
  return words.length === 0 ? undefined : words.join(' ');
}

/** Returns what one types to have sanitizers; nothing for none. */
export function withWords(sanitizers: readonly SanitizerName[] | undefined): string[] {
  return sanitizers === undefined || sanitizers.length === 0
    ? []
    : ['--with', sanitizers.join(',')];
}

/** What a run was asked to do, checked. */
export interface RunOptions {
  /** Case files to run, absolute; none means all. */
  readonly files: readonly string[];
  readonly grep: RegExp | undefined;
  /** A base's name, `all`, or undefined for the lab's choice. */
  readonly base: string | undefined;
  /** Where to take the source from: a folder, a git repository or an archive; absolute. */
  readonly source: string | undefined;
  /** What builds the kernel; undefined for gcc. */
  readonly compiler?: CompilerName | undefined;
  /** The guests' processors; undefined for what the base is for. */
  readonly architecture?: ArchitectureName | undefined;
  /** What the kernel has besides to find bugs; undefined for nothing. */
  readonly sanitizers?: readonly SanitizerName[] | undefined;
  /** A prefix of the series: a patch's number, or a part of its subject. */
  readonly upto: string | undefined;
  /** Run the base's work tree as it stands, committed or not, instead of patches/. */
  readonly tree: boolean;
  /** A series of the user's own, instead of the one in patches/. */
  readonly given?: GivenOptions;
  /** Prove every patch of it, not only the whole. */
  readonly each?: boolean;
  /** Run the cases on the kernel without its series too, and say what that changes. */
  readonly against?: 'base' | undefined;
  /** This is that kernel: what its cases come to proves nothing. */
  readonly bare?: boolean | undefined;
  readonly accel: 'kvm' | 'tcg' | undefined;
  /** Guests at once; undefined for what the machine can carry. */
  readonly jobs: number | undefined;
  /** How much of a run shares a guest; undefined for the lab's choice. */
  readonly isolate: Isolation | undefined;
  readonly repeat: number;
  readonly untilFail: boolean;
  readonly shard: Shard | undefined;
  /** The seed of the order; undefined for the files' own order. */
  readonly shuffle: number | undefined;
  /** Stop at the first red case. */
  readonly bail: boolean;
  /** What a case may take, in seconds, before calibration; undefined for the case's own. */
  readonly deadline: number | undefined;
  /** Run only the cases that a change since they passed can touch. */
  readonly affected: boolean;
  /** Run all cases, also those that an earlier run has proven. */
  readonly fresh: boolean;
  /** Whether the kernel is built with what finds bugs. */
  readonly debug: boolean;
  readonly json: boolean;
  /** Absolute path of the folder of run folders. */
  readonly results: string;
  /** What to type to do the same again. */
  readonly command: string;
  /** What starts the lab on the same project in a shell; default `npm run lab --`. */
  readonly starts?: string | undefined;
}
