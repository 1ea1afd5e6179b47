import type { CaseRecord } from './case-record.ts';
import { isLabError, toReport } from '../core/errors.ts';
import type { ErrorReport } from '../core/events.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { RunSettings } from './run-settings.ts';
import { createHosts, takeSeat } from './seat.ts';
import type { Seat } from './seat.ts';
import type { UnitQueue } from '../plan/units.ts';
import type { CaseEnd } from '../results/verdict.ts';

/** What the workers of a run share. */
export interface Shared {
  readonly queue: UnitQueue;
  readonly record: CaseRecord;
  readonly settings: RunSettings;
  /** Opens a guest of a base. Throws a typed error. */
  readonly open: (base: string) => Promise<LiveGuest>;
  /** Returns how a case ends that need not or must not run. */
  readonly decide: (entry: PlanEntry) => CaseEnd | undefined;
}

/** Runs units until there are none left, one guest at a time. Throws only for a bug in the lab. */
export async function work({ queue, record, settings, open, decide }: Shared): Promise<void> {
  const hosts = createHosts(settings);
  let seat: Seat | undefined;
  const leave = async () => {
    const leaving = seat;
    seat = undefined;
    await leaving?.leave();
  };

  const runEntry = async (entry: PlanEntry): Promise<void> => {
    const { base } = entry.planned;
    if (seat !== undefined && (seat.base !== base || !seat.usable())) await leave();
    const fresh = seat === undefined;
    if (seat === undefined) {
      const live = await open(base).catch(toOpenError);
      if ('code' in live) {
        record.addUnrun(entry, { kind: 'not-run', error: live });
        return;
      }
      seat = takeSeat(live, hosts, record, settings, () => open(base));
    }
    const unfit = await seat.run(entry);
    if (unfit === undefined) return;
    await leave();
    // The guest died after the case before, which has been told so; this one is owed another.
    if (fresh) record.addUnrun(entry, { kind: 'not-run', error: unfit });
    else await runEntry(entry);
  };

  try {
    for (let unit = queue.take(undefined); unit !== undefined; unit = queue.take(seat?.base)) {
      for (const entry of unit.entries) {
        const end = decide(entry);
        if (end === undefined) await runEntry(entry);
        else record.addUnrun(entry, end);
      }
      if (settings.isolation !== 'none') await leave();
    }
  } finally {
    await leave();
    await hosts.drop();
  }
}

function toOpenError(error: unknown): ErrorReport {
  if (!isLabError(error)) throw error;
  return toReport(error);
}
