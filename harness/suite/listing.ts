import type { Needs, RegisteredSuite } from './registry.ts';
import { defined } from '../core/defined.ts';
import type { ErrorCode } from '../core/error-codes.ts';

/** A case as its file declares it, before it is known what the run can offer. */
export interface ListedCase {
  readonly file: string;
  readonly suite: string;
  readonly test: string;
  readonly needs: readonly Needs[];
  readonly only: boolean;
  readonly seconds?: number;
  readonly skip?: string;
}

/** What is wrong with a case file, so that its silence is not taken for success. */
export interface Mistake {
  readonly file: string;
  readonly suite?: string;
  readonly test?: string;
  /** Stable: `suite-without-run`. */
  readonly code: ErrorCode;
  readonly what: string;
  readonly next: string;
}

export interface Listing {
  readonly cases: readonly ListedCase[];
  readonly mistakes: readonly Mistake[];
}

/** Returns the cases a file has registered, and every reason not to trust them. */
export function listSuites(file: string, suites: readonly RegisteredSuite[]): Listing {
  const cases = suites.flatMap((suite) => suite.tests.map((test) => toListed(file, suite, test)));
  return { cases, mistakes: findMistakes(file, suites) };
}

/** Returns the listing of a file whose import threw. */
export function listBroken(file: string, what: string): Listing {
  const next = 'Correct the file; `npm run lint` may know more.';
  return { cases: [], mistakes: [{ file, code: 'case-file-throws', what, next }] };
}

function toListed(
  file: string,
  suite: RegisteredSuite,
  { name, needs, only, seconds, skip }: RegisteredSuite['tests'][number],
): ListedCase {
  return {
    file,
    suite: suite.name,
    test: name,
    needs,
    only,
    ...defined({ seconds, skip }),
  };
}

function findMistakes(file: string, suites: readonly RegisteredSuite[]): Mistake[] {
  if (suites.length === 0) {
    const next = 'Register cases with suite() of harness/case.ts, or move the file elsewhere.';
    return [{ file, code: 'file-without-suite', what: 'no suite is registered', next }];
  }
  return [
    ...twins(suites.map((suite) => suite.name)).map((name) => ({
      file,
      suite: name,
      code: 'suite-twice' as const,
      what: `two suites are called "${name}"`,
      next: 'Give each suite of a file a name of its own.',
    })),
    ...suites.flatMap((suite) => findSuiteMistakes(file, suite)),
  ];
}

function findSuiteMistakes(file: string, suite: RegisteredSuite): Mistake[] {
  const of = (code: ErrorCode, what: string, next: string, test?: string): Mistake => ({
    file,
    suite: suite.name,
    ...defined({ test }),
    code,
    what,
    next,
  });
  const found: Mistake[] = [];
  if (suite.name.trim() === '')
    found.push(of('suite-without-name', 'a suite has no name', 'Name the behaviour it is about.'));
  if (suite.tests.length === 0)
    found.push(of('suite-without-test', 'the suite has no test', 'Add one, or remove the suite.'));
  if (suite.runs !== 1)
    found.push(
      of(
        suite.runs === 0 ? 'suite-without-run' : 'suite-run-twice',
        suite.runs === 0 ? '.run() is never called' : `.run() is called ${suite.runs} times`,
        'Call .run() once, after the last test.',
      ),
    );
  for (const name of suite.late)
    found.push(
      of('test-after-run', `"${name}" is registered after .run()`, 'Move .run() to the end.', name),
    );
  for (const name of twins(suite.tests.map((test) => test.name)))
    found.push(
      of('test-twice', `two tests are called "${name}"`, 'Give each a name of its own.', name),
    );
  for (const test of suite.tests) {
    if (test.name.trim() === '')
      found.push(of('test-without-name', 'a test has no name', 'Say what the kernel must do.'));
    if (typeof test.body !== 'function')
      found.push(of('test-without-body', `"${test.name}" has no function`, 'Write it.', test.name));
    if (test.skip?.trim() === '')
      found.push(
        of(
          'skip-without-reason',
          `"${test.name}" is skipped without a reason`,
          'Give one.',
          test.name,
        ),
      );
  }
  return found;
}

function twins(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
