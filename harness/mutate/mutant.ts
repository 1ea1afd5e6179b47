/** A way to change a line of C, and what it shows about the cases if none of them turns red. */
export const operators = {
  'condition-false': 'a condition never holds',
  'condition-true': 'a condition always holds',
  'term-dropped': 'a part of a condition is left out',
  'comparison-shifted': 'a comparison is off by one, or turned',
  'errno-swapped': 'another error number',
  'release-dropped': 'a release, unlock, put or free is left out',
  'call-dropped': 'a call whose value nobody looks at is left out',
  'assignment-dropped': 'an assignment is left out',
  'constant-shifted': 'a constant is one more',
  'flag-dropped': 'a flag is taken out of a mask',
  'goto-shifted': 'a goto goes to the label after its own',
} as const;

export type Operator = keyof typeof operators;

/** A change of one place of a file. */
export interface Mutant {
  /** Stays the same when other lines of the file change: eight hex digits. */
  readonly id: string;
  readonly file: string;
  /** The function it is in. */
  readonly function: string;
  readonly operator: Operator;
  /** First and last line of what is changed, from 1. */
  readonly lines: readonly [first: number, last: number];
  /** First and last line of its function. */
  readonly within: readonly [first: number, last: number];
  /** Where in the text what is changed begins and ends. */
  readonly start: number;
  readonly end: number;
  /** What stands there. */
  readonly before: string;
  /** What stands there in the mutant. */
  readonly after: string;
  readonly how: Switched;
}

/** How a mutant is written beside the program that it is one of. */
export interface Switched {
  /**
   * `value`: an expression for an expression of its type. `truth`: one for another of which only
   * is asked whether it is 0. `statement`: a statement for a statement.
   */
  readonly kind: 'value' | 'truth' | 'statement';
  /** What stands in the switch's branch: mostly `after`. */
  readonly text: string;
}

/** A place that an operator would have changed, and why it can't be. */
export interface NotTried {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}
