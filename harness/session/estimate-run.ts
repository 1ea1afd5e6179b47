import type { Base } from '../../kernel/base.ts';
import type { Context } from '../core/context.ts';
import { affordableGuests, findHostShare } from '../core/host-share.ts';
import { readDurations } from '../plan/durations.ts';
import { estimateCases, estimateStages } from '../plan/estimate.ts';
import type { RunOptions } from '../plan/options.ts';
import { buildPlan } from '../plan/plan.ts';
import type { Listing } from '../suite/listing.ts';

/**
 * Says what a run has to do and about how long that takes here; nothing where all that guests
 * need is kept, since the cases' own time is told when they are planned.
 */
export async function estimateRun(
  bases: readonly Base[],
  listing: Listing,
  options: RunOptions,
  context: Context,
): Promise<void> {
  const steps = await estimateStages(bases, options, context);
  if (steps.length === 0) return;
  const { grep, shard, jobs } = options;
  const durations = await readDurations(context.home);
  const offers = bases.map(({ name }) => ({ name, applied: [] }));
  const plan = buildPlan({ listing, files: [], bases: offers, grep, shard, ci: false, durations });
  const memory = Math.max(...bases.map(({ guest }) => guest.memory));
  const pace = { jobs: jobs ?? affordableGuests(findHostShare(), memory), factor: 1 };
  // What a case needs is known of a series only: all count.
  const entries = plan.entries.map(({ planned, mistake }) => ({ planned, mistake }));
  const cases = { count: entries.length, milliseconds: estimateCases(entries, pace) };
  context.emit({ type: 'estimated', steps, cases });
}
