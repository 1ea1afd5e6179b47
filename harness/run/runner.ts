import { createRecord } from './case-record.ts';
import type { Context } from '../core/context.ts';
import { isLabError, labError, toReport } from '../core/errors.ts';
import type { LabError } from '../core/errors.ts';
import type { CaseResult } from '../core/events.ts';
import type { LiveGuest, Machinery } from '../guest/live-guest.ts';
import { estimateCases } from '../plan/estimate.ts';
import type { Plan, PlanEntry } from '../plan/plan.ts';
import { tellHeadline } from './headline.ts';
import { settle } from './run-settings.ts';
import type { RunChoices, RunSettings } from './run-settings.ts';
import { queueUnits } from '../plan/units.ts';
import type { CaseEnd } from '../results/verdict.ts';
import { work } from './worker.ts';

/**
 * Runs the cases of a plan and returns a result for each, in the plan's order. Everything
 * that can go wrong in a case, in its process or in its guest is a result; what is thrown is
 * a bug in the lab.
 */
export async function runCases(
  { entries }: Pick<Plan, 'entries'>,
  machinery: Machinery,
  context: Pick<Context, 'emit' | 'signal'>,
  choices: RunChoices,
): Promise<readonly CaseResult[]> {
  const told = { ...context, emit: tellHeadline(entries, context.emit) };
  const settings = settle(told, choices);
  const { emit, isolation, jobs } = settings;
  emit({
    type: 'cases-planned',
    cases: entries.map(({ planned }) => planned),
    milliseconds: estimateCases(entries, settings),
  });
  const record = createRecord(settings);
  const shared = {
    record,
    settings,
    queue: queueUnits(entries, isolation, jobs, settings.shuffled),
    open: createOpener(machinery, settings),
    decide: (entry: PlanEntry) => decide(entry, settings, record.firstRed),
  };
  const workers = Array.from({ length: jobs }, () => work(shared));
  // All of them end their guests before the first bug is reported.
  const ends = await Promise.allSettled(workers);
  const bug = ends.find((end) => end.status === 'rejected');
  if (bug !== undefined) throw bug.reason as Error;
  return entries.map((entry) => record.results.get(entry) ?? forgotten(entry));
}

function decide(
  { unmet, mistake, proven }: PlanEntry,
  { signal, bail = false }: RunSettings,
  firstRed: () => string | undefined,
): CaseEnd | undefined {
  // An interruption changes nothing of what has been proven.
  if (proven !== undefined) return { kind: 'proven' };
  if (signal.aborted) return { kind: 'not-run', error: toReport(signal.reason) };
  if (mistake !== undefined) return { kind: 'not-run', error: mistake };
  const red = bail ? firstRed() : undefined;
  if (red !== undefined) return { kind: 'left-out', reason: `--bail, and ${red} is red` };
  return unmet === undefined ? undefined : { kind: 'unmet', reason: unmet };
}

/** How often in a row a base may fail to come up before the rest is not tried any more. */
const mostFailures = 2;

/** Opens guests under names of their own and gives a base up that does not come up. */
function createOpener(
  machinery: Machinery,
  settings: RunSettings,
): (base: string) => Promise<LiveGuest> {
  const { emit, signal, patience } = settings;
  const counts = new Map<string, number>();
  const failures = new Map<string, { readonly count: number; readonly error: LabError }>();
  const hasWorked = new Set<string>();
  return async (base) => {
    const failed = failures.get(base);
    if (failed !== undefined && failed.count >= (hasWorked.has(base) ? mostFailures : 1))
      throw failed.error;
    const number = (counts.get(base) ?? 0) + 1;
    counts.set(base, number);
    try {
      const name = nameOfGuest(base, number, settings.round);
      const start = performance.now();
      const live = await machinery.openGuest({ base, name, emit, signal, patience });
      emit({ type: 'guest-ready', guest: name, base, milliseconds: performance.now() - start });
      failures.delete(base);
      hasWorked.add(base);
      return live;
    } catch (error) {
      if (isLabError(error) && !signal.aborted)
        failures.set(base, { count: (failed?.count ?? 0) + 1, error });
      throw error;
    }
  };
}

function nameOfGuest(base: string, number: number, round: number | undefined): string {
  return round === undefined ? `${base}-${number}` : `${base}-${round}.${number}`;
}

function forgotten({ planned }: PlanEntry): never {
  throw labError({
    code: 'case-forgotten',
    fault: 'infrastructure',
    doing: 'collecting the results',
    what: `${planned.id} has none`,
    next: 'This is a bug in the lab: a planned case must end in a result.',
  });
}
