import type { ErrorCode } from './error-codes.ts';

import { defined } from './defined.ts';

/**
 * Where a fault lies. `usage` and a source that cannot be had are the caller's
 * (exit 2); everything else is the lab's or the machine's (exit 3) and never counts
 * as a red case: `case` is a mistake in a case file. What the kernel does otherwise
 * than it must is no error but a case that fails (exit 1); `kernel` is how a case learns
 * that the kernel has taken its guest with it.
 */
export type Fault =
  | 'usage'
  | 'source'
  | 'patch'
  | 'config'
  | 'build'
  | 'boot'
  | 'kernel'
  | 'guest-crash'
  | 'guest-hang'
  | 'case'
  | 'infrastructure';

/** The facts an error carries, so that no caller has to parse its text. */
export interface LabErrorFacts {
  /** Stable, kebab-case, never reused for another meaning: `source-id-mismatch`. */
  readonly code: ErrorCode;
  readonly fault: Fault;
  /** What was being done, as a gerund phrase: `applying a patch`. */
  readonly doing: string;
  /** To what, and what went wrong: `0012-c-r-files.patch: hunk 3 of fs/pipe.c does not apply`. */
  readonly what: string;
  /** What the reader can do next, as a sentence. */
  readonly next: string;
  /** Evidence to print below: a tool's own words, a console's last lines. */
  readonly details?: readonly string[];
  /** Where the whole of it is, by its name in the results: `build.log`. The place is not told. */
  readonly files?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export type LabError = Error & LabErrorFacts & { readonly name: 'LabError' };

/** Returns the error that has travelled as its facts. */
export function revive(error: PlainError, cause?: unknown): LabError {
  return labError({ ...error, code: error.code as ErrorCode, cause });
}

/** Returns an error that explains itself; throw it. */
export function labError(facts: LabErrorFacts): LabError {
  const error = new Error(`${facts.doing}: ${facts.what}`, { cause: facts.cause });
  return Object.assign(error, { ...facts, name: 'LabError' as const });
}

/** Tells an error the lab foresaw from a bug in the lab. */
export function isLabError(error: unknown): error is LabError {
  return error instanceof Error && error.name === 'LabError' && 'fault' in error;
}

/** Returns the process exit status that belongs to a fault: 2 caller, 3 lab. */
export function exitCodeOf(fault: Fault): 2 | 3 {
  return fault === 'usage' || fault === 'source' ? 2 : 3;
}

/** Tells whether the system refused something with one of these codes: `ENOSPC`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** An error as it travels: facts only, no cause, no stack and no places of this machine. */
export type PlainError = Omit<LabErrorFacts, 'cause' | 'files' | 'code'> & {
  /** An ErrorCode, unless another version of the lab has written it. */
  readonly code: string;
};

/** Returns an error's facts without its cause and stack. */
export function reportOf(error: PlainError): PlainError {
  const { code, fault, doing, what, next, details } = error;
  return { code, fault, doing, what, next, ...defined({ details }) };
}

/** Returns an error's facts; of one that nobody foresaw, that. */
export function toReport(error: unknown, doing = 'running a case'): PlainError {
  if (isLabError(error)) return reportOf(error);
  return {
    code: 'bug-in-the-lab',
    fault: 'infrastructure',
    doing,
    what: error instanceof Error ? error.message : String(error),
    next: 'Report it with its stack: the kernel is not judged by it.',
    details: error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 10) : [],
  };
}
