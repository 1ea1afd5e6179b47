import type { Callback } from 'uvu';
import type { ArchitectureName } from '../core/architectures.ts';
import type { Guest } from './contracts.ts';

/** What a case needs from the run it is in; a run that lacks it skips the case and says so. */
export interface Needs {
  /** Name of a base, or names of which one will do: `v6.1`, whatever its processor. */
  readonly base?: string | readonly string[];
  /** The processor that it is about: another one has other registers, or other numbers. */
  readonly architecture?: ArchitectureName;
  /**
   * Subject of a patch that must be applied: `mm: count what is mapped`. By base, for what
   * another base can do by itself.
   */
  readonly patch?: string | Readonly<Record<string, string>>;
  /** One guest for all cases, in which this one runs before the others or after them. */
  readonly allInOne?: 'first' | 'last';
}

/** A hook or a test body. The registry holds suites of every context, so it knows none. */
export type Body = Callback<Record<string, unknown>>;

export interface RegisteredTest {
  readonly name: string;
  readonly body: Body | undefined;
  readonly needs: readonly Needs[];
  /** Seconds it may take on an accelerator of factor 1, if not the default. */
  readonly seconds: number | undefined;
  readonly only: boolean;
  /** Why it must not run, if it is registered with `.skip`. */
  readonly skip: string | undefined;
}

export interface RegisteredSuite {
  readonly name: string;
  /** Gives the suite's guests what its project adds to them. */
  readonly extend: (guest: Guest) => Guest;
  readonly context: Record<string, unknown>;
  readonly tests: RegisteredTest[];
  readonly before: Body[];
  readonly after: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  /** How often `.run()` was called; 1 is right. */
  runs: number;
  /** Names of tests registered after `.run()`. */
  readonly late: string[];
}

/** In the process, not in the module: a file loaded by itself has a copy of this module. */
const shared = globalThis as { crLabSuites?: RegisteredSuite[] };

/** Adds a suite to those of the file being imported. */
export function register(suite: RegisteredSuite): void {
  (shared.crLabSuites ??= []).push(suite);
}

/** Returns the suites registered since the last call, in their order, and forgets them. */
export function takeRegistered(): readonly RegisteredSuite[] {
  const taken = shared.crLabSuites ?? [];
  shared.crLabSuites = [];
  return taken;
}
