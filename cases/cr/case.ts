/** What c/r's case files import: the lab's case API, with the two system calls. */
import { suiteOf, type CaseContext as AnyCaseContext } from '../../harness/case.ts';
import project from '../../lab.config.ts';
import type { CrGuest } from './contracts.ts';

export { assert, skip } from '../../harness/case.ts';
export type * from '../../harness/case.ts';
export type * from './contracts.ts';
export type { CrGuest as Guest } from './contracts.ts';
export type CaseContext = AnyCaseContext<CrGuest>;

const withCalls = suiteOf(project);

/** On i386 there are no calls before their patch, however much of the rest of the series is there. */
const calls = { 'v2.6.30-i386': 'c/r: save and restore x86_32 registers, FPU, TLS and vdso' };

/** Returns a suite whose guests can checkpoint and restart. */
export const suite: typeof withCalls = (name, context) =>
  withCalls(name, context).needs({ patch: calls });
