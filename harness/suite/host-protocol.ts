import type { AssertionReport, ErrorReport } from '../core/events.ts';
import type { GuestAssertion } from './guest-assertion.ts';
import type { Listing } from './listing.ts';

/** When a case threw. */
export type Moment = 'before' | 'before each' | 'case' | 'after each' | 'after' | 'stray';

/** Something a case or a hook threw, as it crosses from the case host to the lab. */
export interface Failure {
  readonly moment: Moment;
  /** One line. */
  readonly message: string;
  /** The assertion, if one failed: the kernel did otherwise than it must. */
  readonly assertion?: AssertionReport;
  /** Otherwise why the case cannot be judged. */
  readonly error?: ErrorReport;
}

/** How a case ended in its host. */
export interface CaseOutcome {
  readonly failures: readonly Failure[];
  /** The reason given to skip(), if it was called. */
  readonly skip?: string;
}

/** Which of the two scopes a guest call is made in: what a suite makes outlives its cases. */
export type Scope = 'suite' | 'case';

/** Lab to case host. Sent with advanced serialization: bytes and big integers survive. */
export type ToHost =
  | { readonly type: 'list'; readonly files: readonly CaseFile[] }
  | { readonly type: 'run'; readonly file: CaseFile; readonly suite: string; readonly test: string }
  /** The suite has no more cases for this guest: run its after hooks. */
  | { readonly type: 'finish' }
  | { readonly type: 'answer'; readonly call: number; readonly answer: Answer }
  | { readonly type: 'console'; readonly guest: number; readonly lines: readonly string[] };

/** Case host to lab. */
export type FromHost =
  | { readonly type: 'ready' }
  | { readonly type: 'listed'; readonly listing: Listing }
  | { readonly type: 'ended'; readonly outcome: CaseOutcome }
  | { readonly type: 'finished'; readonly failures: readonly Failure[] }
  | { readonly type: 'stray'; readonly failure: Failure }
  | ({ readonly type: 'call'; readonly call: number } & GuestCall);

/** A method of the guest, or of a thing the guest has handed out. */
export interface GuestCall {
  readonly scope: Scope;
  /** 0 is the case's own, the others are those it has opened beside it. */
  readonly guest: number;
  /** Undefined for the guest itself, else the thing's number. */
  readonly thing?: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Answer = { readonly value: unknown } | { readonly failure: ThrownByGuest };

/** An error of a guest call, to be thrown again where the case called. */
export interface ThrownByGuest {
  readonly message: string;
  readonly report?: ErrorReport;
  /** Whether it is the kernel that did otherwise, as with a line that never came. */
  readonly assertion?: GuestAssertion['assertion'];
}

/** A case file under the name that reports use (relative to the repository) and where it is. */
export interface CaseFile {
  readonly name: string;
  readonly path: string;
}
