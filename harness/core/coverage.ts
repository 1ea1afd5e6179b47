/** What a symbol of a configuration would have to be for a line to be compiled. */
export interface Switch {
  /** `CONFIG_SMP`. */
  readonly symbol: string;
  /** Whether it would have to be set, or not to be. */
  readonly set: boolean;
}

/** Why a line may be one that no case runs. */
export const unreachedKinds = [
  /** Nothing leads there: what would is ruled out elsewhere, and the line is a second lock. */
  'unreachable',
  /** An allocation fails that nothing can make fail. */
  'allocation',
  /** A processor or device that the lab's guests don't have. */
  'hardware',
  /** Two tasks meet within a few instructions, and nothing can hold one of them there. */
  'race',
  /** Another configuration, command line or size of machine. */
  'configuration',
] as const;

export type UnreachedKind = (typeof unreachedKinds)[number];

/** Lines that no case runs, and why that is so: a row of a project's list. */
export interface Unreached {
  readonly file: string;
  readonly function: string;
  /** Lines that follow one another, as they stand there; without them the whole function. */
  readonly lines?: readonly string[] | undefined;
  /** The lines before, where others in the function read the same. */
  readonly after?: readonly string[] | undefined;
  /** Default all of the project's. */
  readonly bases?: readonly string[] | undefined;
  readonly kind: UnreachedKind;
  readonly reason: string;
}

/** A row that is wrong by now, and how. */
export interface StaleRow {
  readonly row: Unreached;
  readonly why: string;
}

/** Which lines of a base's files the cases of a run have executed. */
export interface Coverage {
  readonly base: string;
  readonly files: readonly FileCoverage[];
  /** The cases' ids; lines name them by their place here. */
  readonly cases: readonly string[];
  readonly patches: readonly PatchCoverage[];
  readonly totals: Totals;
  /** Rows of the project's list that are wrong by now, as far as the run can tell. */
  readonly stale: readonly StaleRow[];
}

/** Lines that are asked about. Those without code, such as comments, are in none of these. */
export interface Totals {
  /** Lines that the kernel has code of. */
  readonly withCode: number;
  /** Those that a case has run. */
  readonly reached: number;
  /** Those that no case has run, for a reason. */
  readonly explained: number;
  /** Lines of code that this configuration does not compile. */
  readonly leftOut: number;
}

export interface PatchCoverage extends Totals {
  readonly number: number;
  readonly subject: string;
}

export interface FileCoverage extends Totals {
  readonly path: string;
  readonly lines: readonly LineCoverage[];
  readonly functions: readonly FunctionCoverage[];
}

export interface LineCoverage {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** Of the patch that wrote it, if it is the series'. */
  readonly patch?: number;
  /** How often it ran; absent for a line without code, or one that is not asked about. */
  readonly hits?: number;
  /** The cases that ran it, by their places. */
  readonly cases?: readonly number[];
  /** Why no case runs it. */
  readonly reason?: Pick<Unreached, 'kind' | 'reason'>;
  /** What would have it compiled; without switches, nothing would. */
  readonly leftOut?: readonly Switch[];
}

export interface FunctionCoverage {
  readonly name: string;
  readonly line: number;
  readonly hits: number;
}
