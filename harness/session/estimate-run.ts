import type { Base } from '../../kernel/base.ts';
import type { Context } from '../core/context.ts';
import type { EstimatedStep } from '../core/events.ts';
import { readDurations } from '../plan/durations.ts';
import { estimateCases } from '../plan/estimate.ts';
import type { RunOptions } from '../plan/options.ts';
import { buildPlan } from '../plan/plan.ts';
import { affordableJobs } from './run-images.ts';
import type { Listing } from '../suite/listing.ts';

/**
 * Says what a run has to do and about how long that takes here; nothing where no stage has
 * anything to do, since the cases' own time is told when they are planned.
 */
export async function tellEstimate(
  steps: readonly EstimatedStep[],
  bases: readonly Base[],
  listing: Listing,
  options: RunOptions,
  context: Context,
): Promise<void> {
  if (steps.length === 0) return;
  const { grep, shard, jobs } = options;
  const durations = await readDurations(context.home);
  const offers = bases.map(({ name }) => ({ name, applied: [] }));
  const plan = buildPlan({ listing, files: [], bases: offers, grep, shard, ci: false, durations });
  const pace = { jobs: jobs ?? affordableJobs(bases), factor: 1 };
  // What a case needs is known of a series only: all count.
  const entries = plan.entries.map(({ planned, mistake }) => ({ planned, mistake }));
  const cases = { count: entries.length, milliseconds: estimateCases(entries, pace) };
  context.emit({ type: 'estimated', steps, cases });
}
