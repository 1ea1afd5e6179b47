import { listCases } from '../../harness/suite/list-cases.ts';
import type { CaseResult, LabEventBody } from '../../harness/core/events.ts';
import type { Listing } from '../../harness/suite/listing.ts';
import { buildPlan } from '../../harness/plan/plan.ts';
import type { PlanEntry, PlanOptions } from '../../harness/plan/plan.ts';
import { images } from '../../cases/cr/artefact.ts';
import { runCases } from '../../harness/run/runner.ts';
import type { RunChoices } from '../../harness/run/run-settings.ts';
import { fakeMachinery } from './fake-guest.ts';
import type { FakeMachinery } from './fake-guest.ts';
import { fixture, root } from './fixture.ts';

export interface FixtureRun {
  /** Verdicts by the tests' names, in the plan's order. */
  readonly verdicts: readonly (readonly [test: string, verdict: string])[];
  readonly results: readonly CaseResult[];
  readonly events: readonly LabEventBody[];
  readonly machinery: FakeMachinery;
}

export interface FixtureOptions extends Partial<RunChoices> {
  readonly machinery?: FakeMachinery;
  readonly plan?: Partial<PlanOptions>;
  readonly signal?: AbortSignal;
  /** What becomes of the plan before it is run. */
  readonly change?: (entries: readonly PlanEntry[]) => Promise<readonly PlanEntry[]>;
}

const listings = new Map<string, Promise<Listing>>();

/** Fixtures do not change while tests run; starting Node to list them takes most of a test. */
function listOnce(names: readonly string[]): Promise<Listing> {
  const key = names.join(' ');
  const listing = listings.get(key) ?? listCases(names.map(fixture), root);
  listings.set(key, listing);
  return listing;
}

/** Runs the cases of fixtures whose names match, in fake guests, with a deadline of 8 s. */
export async function runFixtures(
  names: readonly string[],
  tests: RegExp,
  { machinery = fakeMachinery(), plan = {}, signal, change, ...choices }: FixtureOptions = {},
): Promise<FixtureRun> {
  const files = names.map(fixture);
  const listing = await listOnce(names);
  const bases = [{ name: 'v2.6.30', applied: [] }];
  const planned = buildPlan({
    listing,
    files,
    bases,
    grep: tests,
    ci: false,
    durations: {},
    ...plan,
  });
  const entries = (await change?.(planned.entries)) ?? planned.entries;
  const events: LabEventBody[] = [];
  const context = {
    emit: (event: LabEventBody) => void events.push(event),
    signal: signal ?? new AbortController().signal,
  };
  // A real guest is a process and sockets; a fake one would let the event loop run dry.
  const alive = setInterval(() => undefined, 1000);
  const results = await runCases({ entries }, machinery, context, {
    jobs: 1,
    isolation: 'none',
    deadline: 8,
    factor: 1,
    root,
    artefacts: images,
    ...choices,
  }).finally(() => clearInterval(alive));
  const verdicts = results.map(({ test, verdict }) => [test, verdict] as const);
  return { verdicts, results, events, machinery };
}
