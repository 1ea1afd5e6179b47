/** What a case file imports: uvu's syntax, and the lab's own rules on top of it. */
import type { Callback, Test } from 'uvu';
import * as assertion from 'uvu/assert';
import { Assertion } from 'uvu/assert';
import type { CaseContext, Guest } from './suite/contracts.ts';
import { readTap, type TapReport, type TapTest } from './suite/ktap.ts';
import { extendGuest } from './suite/extend.ts';
import { register } from './suite/registry.ts';
import type { Body, Needs, RegisteredSuite, RegisteredTest } from './suite/registry.ts';
import { skipSignal } from './suite/skip.ts';

export type { Assertion } from 'uvu/assert';
export * as assert from 'uvu/assert';
export type * from './suite/contracts.ts';
export type { Needs } from './suite/registry.ts';
export { labError } from './core/errors.ts';
export { identityWords } from './suite/identity-words.ts';

/** uvu's suite, with a reason for each skip and two ways to say more about cases. */
export interface Suite<T> {
  (name: string, test: Callback<T>): void;
  /** While at work on a case; a run where CI is set refuses it. */
  only(name: string, test: Callback<T>): void;
  skip(name: string, test: Callback<T>, reason: string): void;
  /** `before` and `after` run once per guest, `before.each` and `after.each` around each case. */
  readonly before: Test<T>['before'];
  readonly after: Test<T>['after'];
  /** Hands the suite over. A suite that does not say it is an error. */
  run(): void;
  /**
   * The same suite; cases registered through the value returned need this as well:
   * `suite('…').needs({ base: 'v6.1' })` for all, `test.needs({ patch: '…' })('…', …)` for one.
   */
  needs(needs: Needs): Suite<T>;
  /** The same suite; cases registered through the value returned may take that many seconds. */
  within(seconds: number): Suite<T>;
}

/** Makes suites whose cases get a guest of kind `G`. */
export type SuiteMaker<G extends Guest> = <Extra extends object = object>(
  name: string,
  context?: Extra,
) => Suite<CaseContext<G> & Extra>;

/**
 * Returns a suite to register cases with. Its cases get `context`'s properties and `guest`;
 * nothing runs until the lab asks for it.
 */
export const suite: SuiteMaker<Guest> = suiteWith((guest) => guest);

/**
 * Returns a `suite` whose guests have what a project adds to them: its own calls, in words of
 * the engine's guest. `extend` is called for each case, and for a suite's hooks.
 */
export function suiteWith<G extends Guest>(extend: (guest: Guest) => G): SuiteMaker<G> {
  return (name, context) => makeSuite(name, context, extend);
}

/** Returns a `suite` whose guests have the words that a project's lab.config.ts gives them. */
export function suiteOf<G extends Guest>(project: {
  readonly verbs?: (guest: Guest) => G;
}): SuiteMaker<G> {
  const { verbs } = project;
  if (verbs === undefined) throw new TypeError('the project has no verbs');
  return suiteWith(verbs);
}

function makeSuite<G extends Guest, Extra extends object>(
  name: string,
  context: Extra | undefined,
  extend: (guest: Guest) => G,
): Suite<CaseContext<G> & Extra> {
  const target: RegisteredSuite = {
    name,
    extend: (guest) => extendGuest(guest, extend),
    context: { ...context },
    tests: [],
    before: [],
    after: [],
    beforeEach: [],
    afterEach: [],
    runs: 0,
    late: [],
  };
  register(target);
  return createSuite<CaseContext<G> & Extra>(target, { needs: [], seconds: undefined });
}

/** A program of the guest with its arguments, or what returns the lines that tests have written. */
export type TapSource = readonly string[] | ((guest: Guest) => Promise<readonly string[]>);

/**
 * Registers a case for each test that a source reports in TAP or KTAP: KUnit's results, a
 * kselftest, any program that prints TAP. `names` are all of them, a part as `whole > part`: one
 * that is missing fails, and so does one more that reports another. The source is read once for
 * the cases that share a guest's process, by the first of them.
 */
export function tapCases<T extends CaseContext>(
  test: Suite<T>,
  source: TapSource,
  names: readonly string[],
): void {
  let read: Promise<TapReport> | undefined;
  const reportOf = (guest: Guest): Promise<TapReport> => (read ??= readSource(guest, source));
  for (const name of names)
    test(name, async ({ guest }) => {
      const { tests, broken } = await reportOf(guest);
      const found = tests.find((each) => each.name === name);
      if (found === undefined)
        fail(
          `no test of that name was reported${broken === undefined ? '' : `: ${broken}`}`,
          tests,
        );
      else if (found.skip !== undefined) skip(found.skip);
      else if (!found.ok) fail(['not ok', ...found.said].join('\n'), [found]);
    });
  test('reports these tests, each once, and no other', async ({ guest }) => {
    const { tests, broken } = await reportOf(guest);
    if (broken !== undefined) fail(broken, tests);
    assertion.equal(tests.map((each) => each.name).sort(), [...names].sort());
  });
}

async function readSource(guest: Guest, source: TapSource): Promise<TapReport> {
  if (typeof source === 'function') return readTap(await source(guest));
  const { status, signal, lines, errors } = await guest.run(source);
  const report = readTap(lines);
  const told = report.tests.some(({ ok, skip: left }) => !ok && left === undefined);
  // 4 is how a kselftest says that all of it was skipped.
  if (status === 0 || (status === 4 && !told) || (told && status !== null)) return report;
  const how = signal ?? `status ${status ?? 'unknown'}`;
  const broken = [report.broken, `it ended with ${how}`, errors.at(-1)];
  return { ...report, broken: broken.filter((word) => word !== undefined).join('; ') };
}

function fail(message: string, tests: readonly TapTest[]): never {
  throw new Assertion({
    message,
    operator: 'tap',
    expects: 'ok',
    actual: tests.map(({ name, ok }) => `${ok ? 'ok' : 'not ok'} ${name}`).join('\n'),
    generated: false,
  });
}

/** Ends the running case as skipped. The reason is shown wherever the case is. */
export function skip(reason: string): never {
  throw skipSignal(reason);
}

type Manner = Pick<RegisteredTest, 'needs' | 'seconds'>;

function createSuite<T>(target: RegisteredSuite, manner: Manner): Suite<T> {
  const add = (name: string, body: Callback<T>, more: Partial<RegisteredTest> = {}) => {
    if (target.runs > 0) target.late.push(name);
    const test = { name, body: asBody(body), only: false, skip: undefined, ...manner, ...more };
    target.tests.push(test);
  };
  const only = (name: string, body: Callback<T>) => add(name, body, { only: true });
  const skipCase = (name: string, body: Callback<T>, reason = '') =>
    add(name, body, { skip: reason });
  return Object.assign((name: string, body: Callback<T>) => add(name, body), {
    only,
    skip: skipCase,
    before: createHook<T>(target.before, target.beforeEach),
    after: createHook<T>(target.after, target.afterEach),
    run: () => void (target.runs += 1),
    needs: (needs: Needs) => createSuite<T>(target, { ...manner, needs: [...manner.needs, needs] }),
    within: (seconds: number) => createSuite<T>(target, { ...manner, seconds }),
  });
}

function createHook<T>(once: Body[], each: Body[]): Test<T>['before'] {
  return Object.assign((hook: Callback<T>) => void once.push(asBody(hook)), {
    each: (hook: Callback<T>) => void each.push(asBody(hook)),
  });
}

// The runner puts `guest` into the context before it calls anything: only it may say so.
function asBody<T>(body: Callback<T>): Body {
  return body as unknown as Body;
}
