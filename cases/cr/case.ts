/** What c/r's case files import: the lab's case API, with the two system calls. */
import { suiteOf, type CaseContext as AnyCaseContext } from '../../harness/case.ts';
import project from '../../lab.config.ts';
import type { CrGuest } from './contracts.ts';

export { assert, skip } from '../../harness/case.ts';
export type * from '../../harness/case.ts';
export type * from './contracts.ts';
export type { CrGuest as Guest } from './contracts.ts';
export type CaseContext = AnyCaseContext<CrGuest>;

/** Returns a suite whose guests can checkpoint and restart. */
export const suite = suiteOf(project);
