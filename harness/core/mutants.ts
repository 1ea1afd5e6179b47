/** What became of a mutant. */
export type MutantOutcome =
  /** A case was red with it that is green without. */
  | { readonly kind: 'caught'; readonly by: string; readonly reason: string }
  /** Every case that runs its line passed. */
  | { readonly kind: 'survived'; readonly cases: number }
  /** No case runs its line, of those that were asked about. */
  | { readonly kind: 'unreached' }
  /** Somebody has looked at it: the program is no other with it. */
  | { readonly kind: 'equivalent'; readonly reason: string }
  /** The lab or the machine failed. */
  | { readonly kind: 'undecided'; readonly reason: string };

/** A mutant and what became of it, in the terms of a report. */
export interface MutantResult {
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly operator: string;
  /** Number of the patch that wrote the line. */
  readonly patch?: number;
  /** The lines that it changes: what goes with `-`, what comes with `+`. */
  readonly diff: readonly string[];
  readonly outcome: MutantOutcome;
  /** The earlier run's word: it was not run again. */
  readonly known?: true;
}

/** What the mutants of one base came to. */
export interface MutationReport {
  readonly base: string;
  /** How many mutants there are, tried or not. */
  readonly all: number;
  /** The draw that chose them, if not all were tried. */
  readonly sample?: { readonly size: number; readonly seed: number };
  readonly mutants: readonly MutantResult[];
  /** Places that an operator would have changed and can't, by why. */
  readonly notTried: Readonly<Record<string, readonly string[]>>;
  readonly patches: readonly { readonly number: number; readonly subject: string }[];
}
