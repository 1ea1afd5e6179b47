/** What a symbol of a configuration would have to be for a line to be compiled. */
export interface Switch {
  /** `CONFIG_SMP`. */
  readonly symbol: string;
  /** Whether it would have to be set, or not to be. */
  readonly set: boolean;
}

/** Which lines of a base's files the cases of a run have executed. */
export interface Coverage {
  readonly base: string;
  readonly files: readonly FileCoverage[];
  /** The cases' ids; lines name them by their place here. */
  readonly cases: readonly string[];
  readonly patches: readonly PatchCoverage[];
  readonly totals: Totals;
}

/** Lines that are asked about. Those without code, such as comments, are in none of these. */
export interface Totals {
  /** Lines that the kernel has code of. */
  readonly withCode: number;
  /** Those that a case has run. */
  readonly reached: number;
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
  /** What would have it compiled; without switches, nothing would. */
  readonly leftOut?: readonly Switch[];
}

export interface FunctionCoverage {
  readonly name: string;
  readonly line: number;
  readonly hits: number;
}
