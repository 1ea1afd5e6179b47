/** What a kernel can complain of on its console. */
export const findingKinds = [
  'panic',
  'oops',
  'bug',
  'warn',
  'lockdep',
  'soft-lockup',
  'hung-task',
  'rcu-stall',
  'oom',
  'slab',
  'taint',
  'notice',
  'lab',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** One complaint, with the lines it is made of. */
export interface Finding {
  readonly kind: FindingKind;
  /** The line that gave it away. */
  readonly line: string;
  /** That line and its continuation (registers, stack), as printed. */
  readonly lines: readonly string[];
  /** Index of the first line in the guest's console, from 0. */
  readonly index: number;
  /** Whether it must turn the case red: a notice does not. */
  readonly fatal: boolean;
  /** Where its addresses lead, innermost first, once it has been decoded. */
  readonly stack?: readonly Frame[];
}

/** One place that a stack leads through. */
export interface Frame {
  readonly function: string;
  /** Bytes from the function's start; undefined for one inlined into the next frame. */
  readonly offset?: number;
  /** Relative to the tree's root if that is known. */
  readonly file?: string;
  readonly line?: number;
  /** The patch that wrote that line: `0012 mm: count what is mapped`. */
  readonly patch?: string;
  /** False where the kernel itself put a `?`: found on the stack, maybe long ago. */
  readonly reliable: boolean;
}
