import type { Guest } from './contracts.ts';
import type { CaseOutcome, Failure, Moment, Scope } from './host-protocol.ts';
import type { Body, RegisteredSuite } from './registry.ts';
import { isSkipSignal } from './skip.ts';
import { describeThrown } from './thrown.ts';
import { defined } from '../core/defined.ts';

/** A suite that is being run in one guest. */
export interface RunningSuite {
  readonly suite: RegisteredSuite;
  readonly context: Record<string, unknown>;
  /** How its before hooks ended; unless all is well, every case of it ends the same way. */
  readonly before: CaseOutcome;
}

/** What running needs beside the suite: a guest for each scope, and the repository's root. */
export interface Surroundings {
  readonly guestOf: (scope: Scope) => Guest;
  /** Opens another guest for the running case. */
  readonly another: () => Promise<Guest>;
  /** Returns a failure for each guest call that was made and not awaited, and forgets them. */
  readonly takeUnawaited: (moment: Moment) => readonly Failure[];
  readonly root: string;
}

/** Runs a suite's before hooks. Throws nothing: what a hook threw is in `before`. */
export async function startSuite(
  suite: RegisteredSuite,
  surroundings: Surroundings,
): Promise<RunningSuite> {
  const context: Record<string, unknown> = {
    ...suite.context,
    __suite__: suite.name,
    __test__: '',
  };
  context['guest'] = suite.extend(surroundings.guestOf('suite'));
  context['another'] = async () => suite.extend(await surroundings.another());
  return { suite, context, before: await runAll(suite.before, context, 'before', surroundings) };
}

/** Runs a suite's after hooks and returns what they threw. */
export async function finishSuite(
  { suite, context }: RunningSuite,
  surroundings: Surroundings,
): Promise<readonly Failure[]> {
  context['__test__'] = '';
  context['guest'] = suite.extend(surroundings.guestOf('suite'));
  return (await runAll(suite.after, context, 'after', surroundings)).failures;
}

/** Runs one case between its hooks. Throws nothing; never returns for a case that never ends. */
export async function runCase(
  { suite, context, before }: RunningSuite,
  name: string,
  surroundings: Surroundings,
): Promise<CaseOutcome> {
  const test = suite.tests.find((candidate) => candidate.name === name);
  if (test?.body === undefined) throw new Error(`no test is called "${name}"`);
  if (endsCase(before)) return before;
  context['__test__'] = name;
  context['guest'] = suite.extend(surroundings.guestOf('case'));
  const each = await runAll(suite.beforeEach, context, 'before each', surroundings);
  const body = endsCase(each) ? each : await runAll([test.body], context, 'case', surroundings);
  const after = await runAll(suite.afterEach, context, 'after each', surroundings);
  return { ...body, failures: [...body.failures, ...after.failures] };
}

function endsCase(outcome: CaseOutcome): boolean {
  return outcome.failures.length > 0 || outcome.skip !== undefined;
}

/** Runs all bodies, also after one that threw: what they undo must be undone. */
async function runAll(
  bodies: readonly Body[],
  context: Record<string, unknown>,
  moment: Moment,
  { root, takeUnawaited }: Surroundings,
): Promise<CaseOutcome> {
  const failures: Failure[] = [];
  let skip: string | undefined;
  for (const body of bodies) {
    const thrown = await catchThrown(body, context);
    if (thrown === undefined) continue;
    if (isSkipSignal(thrown.value) && !moment.startsWith('after')) skip = thrown.value.reason;
    else failures.push(describeThrown(thrown.value, moment, root));
  }
  failures.push(...takeUnawaited(moment));
  return { failures, ...defined({ skip }) };
}

/** Runs a body, gives rejections nobody waits for their turn, and returns what was thrown. */
async function catchThrown(
  body: Body,
  context: Record<string, unknown>,
): Promise<{ readonly value: unknown } | undefined> {
  try {
    await body(context as Parameters<Body>[0]);
    return undefined;
  } catch (value) {
    return { value };
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
