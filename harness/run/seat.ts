import type { CaseRecord } from './case-record.ts';
import { startServedHost } from './served-host.ts';
import type { ServedHost } from './served-host.ts';
import { firstOf } from '../core/deadline.ts';
import { toReport } from '../core/errors.ts';
import type { ErrorReport } from '../core/events.ts';
import type { Failure } from '../suite/host-protocol.ts';
import { bidFarewell, closeLiveGuest } from '../guest/guest-life.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { runCaseIn } from './run-case.ts';
import { decodeObserved } from './decode.ts';
import type { CaseRun } from './run-case.ts';
import type { RunSettings } from './run-settings.ts';
import type { Observed } from '../results/verdict.ts';

/** A guest from its first case to its end, and the cases' results. */
export interface Seat {
  readonly base: string;
  /** Whether another case may run in it. */
  readonly usable: () => boolean;
  /** Runs a case. Returns why the guest was unfit for it, if the case never began. */
  run(entry: PlanEntry): Promise<ErrorReport | undefined>;
  /** Ends the guest. Without its last words, the last case is not believed to have gone well. */
  leave(): Promise<void>;
}

/** Case hosts outlive guests; one that was killed is replaced when the next case needs it. */
export interface Hosts {
  current(): ServedHost;
  /** The one that was started last, running or not. */
  latest(): ServedHost | undefined;
  drop(): Promise<void>;
}

/** A case that has run, not yet judged: the kernel may complain after it. */
interface Pending {
  readonly entry: PlanEntry;
  readonly run: CaseRun;
  readonly observed: Observed;
}

/** Returns a worker's case hosts; none is running yet. */
export function createHosts(settings: RunSettings): Hosts {
  let host: ServedHost | undefined;
  return {
    current: () => {
      if (host?.alive() !== true) host = startServedHost(settings);
      return host;
    },
    latest: () => host,
    drop: async () => {
      await host?.kill();
      host = undefined;
    },
  };
}

/** Returns the seat of a guest that has just come up. `openLike` opens others for its cases. */
export function takeSeat(
  live: LiveGuest,
  hosts: Hosts,
  record: CaseRecord,
  settings: RunSettings,
  openLike: () => Promise<LiveGuest>,
): Seat {
  let pending: Pending | undefined;
  let suite: string | undefined;
  let first = true;
  let usable = true;

  const settle = async (to: number) => {
    if (pending === undefined) return;
    const { entry, run, observed } = pending;
    const after = [...live.watch.findings(run.to, to), ...live.watch.takeTaint(run.to, to)];
    pending = undefined;
    const whole = await decodeObserved({ ...observed, after }, live);
    record.add(entry, whole, { ...run, guest: live.name });
  };
  const leaveSuite = async () => {
    suite = undefined;
    const host = hosts.latest();
    if (host === undefined) return;
    const failures = await closeSuite(host, settings);
    if (pending === undefined) return;
    const observed = addFailures(pending.observed, [...failures, ...host.takeStrays()]);
    pending = { ...pending, observed };
  };
  const distrust = (error: ErrorReport) => {
    const { signal } = settings;
    const blind = signal.aborted ? toReport(signal.reason) : error;
    if (pending !== undefined) pending = { ...pending, observed: { blind, ...pending.observed } };
  };

  const run = async (entry: PlanEntry): Promise<ErrorReport | undefined> => {
    const name = JSON.stringify([entry.planned.file, entry.planned.suite]);
    if (suite !== undefined && suite !== name) await leaveSuite();
    suite = name;
    const host = hosts.current();
    // Node's start is no case's time.
    await host.ready;
    const begin = await live.watch.mark(`case ${entry.planned.id}`);
    if (typeof begin !== 'number') {
      usable = false;
      const error = live.ailing() ? await live.lost : begin;
      distrust(error);
      return error;
    }
    await settle(begin);
    const before = first
      ? [...live.watch.findings(0, begin), ...live.watch.takeTaint(0, begin)]
      : [];
    first = false;
    const { id, base } = entry.planned;
    live.running = id;
    settings.emit({ type: 'case-started', id, base, guest: live.name });
    const { coverage } = settings;
    await coverage?.enter(live, id);
    const openCovered = async () => {
      const other = await openLike();
      await coverage?.enter(other, id);
      return other;
    };
    const done = await runCaseIn({ live, host, entry, begin, settings, openLike: openCovered });
    await coverage?.leave(live);
    usable = done.guestUsable;
    pending = { entry, run: done, observed: { ...done.observed, before } };
    record.suspect(entry, pending.observed);
    // A host that was killed takes the suite with it; what that had made goes now.
    if (usable && !host.alive()) await leaveSuite();
    return undefined;
  };

  const leave = async () => {
    if (usable && !live.ailing()) {
      await leaveSuite();
      const blind = await bidFarewell(live);
      if (blind !== undefined) distrust(live.ailing() ? await live.lost : blind);
    } else {
      if (usable) distrust(await live.lost);
      // What the suite has in the host belongs to a guest that is gone.
      await hosts.drop();
    }
    await settle(Infinity);
    await closeLiveGuest(live, settings);
  };
  return { base: live.base, usable: () => usable && !live.ailing(), run, leave };
}

/** Runs a suite's after hooks, for as long as a case may take. */
async function closeSuite(host: ServedHost, settings: RunSettings): Promise<readonly Failure[]> {
  const milliseconds = settings.deadline * settings.factor * 1000;
  const leaving = host.leaveSuite().catch((error: unknown) => [toFailure(toReport(error))]);
  const failures = await firstOf(leaving, milliseconds);
  if (failures !== undefined) return failures;
  await host.kill();
  await leaving;
  return [
    toFailure({
      code: 'hook-overdue',
      fault: 'case',
      doing: 'running its "after" hooks',
      what: `not done after ${milliseconds / 1000} s`,
      next: 'Look for a loop or a wait without end in the hook.',
    }),
  ];
}

function toFailure(error: ErrorReport): Failure {
  return { moment: 'after', message: `${error.doing}: ${error.what}`, error };
}

function addFailures(observed: Observed, failures: readonly Failure[]): Observed {
  const { end } = observed;
  // A case that ended otherwise is red already, and for a better reason.
  if (end.kind !== 'returned') return observed;
  return { ...observed, end: { ...end, failures: [...end.failures, ...failures] } };
}
