import { mirrorConsole } from './case-mirror.ts';
import type { CaseScope, CaseSlot } from './case-slot.ts';
import type { LiveGuest } from './live-guest.ts';
import type { PlanEntry } from './plan.ts';
import type { RunSettings } from './run-settings.ts';
import { toReport } from './thrown.ts';
import type { CaseEnd, Observed } from './verdict.ts';

/** What came of running a case in a guest. */
export interface CaseRun {
  readonly observed: Observed;
  /** Index of the line behind its last one. */
  readonly to: number;
  readonly milliseconds: number;
  readonly console: readonly string[];
  readonly shim: readonly string[];
  /** Whether another case may use the guest. */
  readonly guestUsable: boolean;
}

/** Methods that are the system calls under test. */
const kernelCalls = ['checkpoint', 'restart', 'repeat'];

/** Runs a case whose begin marker is on the console, up to its end marker. Throws nothing. */
export async function runCaseIn(
  live: LiveGuest,
  slot: CaseSlot,
  entry: PlanEntry,
  begin: number,
  settings: RunSettings,
): Promise<CaseRun> {
  const { console } = live.handle;
  const seconds = (entry.seconds ?? settings.deadline) * settings.factor;
  const scope = slot.enterCase(live, entry, begin + 1, seconds * 1000);
  const stopMirror = mirrorConsole(console, slot.host);
  const start = performance.now();
  let end = await raceCase(live, slot, entry, seconds, settings);
  const milliseconds = Math.round(performance.now() - start);
  stopMirror();
  if (end.kind !== 'returned') await slot.host.kill();
  if (end.kind === 'overdue') end = await examine(end, live, slot, settings);
  // Calls fail before the reason is known: the reason is what the reader wants.
  if (live.ailing()) end = { kind: 'guest-lost', error: await live.lost };

  const alive = !isGone(end) && end.kind !== 'not-run';
  const leftovers = alive ? await undo(live, scope, settings) : [];
  const mark = alive ? await live.watch.mark('the end of the case') : console.count;
  const blind = typeof mark === 'number' || live.ailing() ? undefined : mark;
  if (!isGone(end) && live.ailing()) end = { kind: 'guest-lost', error: await live.lost };
  const to = typeof mark === 'number' ? mark : console.count;
  const during = live.watch
    .findings(begin + 1, isGone(end) ? Infinity : to)
    .filter((finding) => !scope.expected.some((pattern) => isOneOf(pattern, finding.lines)));
  const observed: Observed = {
    ...{ end, during, before: [], after: [], leftovers },
    ...(blind === undefined ? {} : { blind }),
  };
  const clean = leftovers.length === 0 && blind === undefined && !during.some((each) => each.fatal);
  return {
    ...{ observed, to, milliseconds, shim: scope.shim },
    console: console.since(begin + 1).slice(0, Math.max(0, to - begin - 1)),
    guestUsable: clean && !isGone(end),
  };
}

/** Waits for whatever ends the case first. */
async function raceCase(
  live: LiveGuest,
  { host }: CaseSlot,
  { planned, file }: PlanEntry,
  seconds: number,
  { signal }: RunSettings,
): Promise<CaseEnd> {
  const stop = new AbortController();
  const run = host.run(file, planned.suite, planned.test).then(
    (outcome): CaseEnd => ({ kind: 'returned', ...outcome }),
    (error: unknown): CaseEnd => ({ kind: 'host-ended', error: toReport(error) }),
  );
  const lost = live.lost.then((error): CaseEnd => ({ kind: 'guest-lost', error }));
  const late = new Promise<CaseEnd>((resolve) => {
    const overdue: CaseEnd = { kind: 'overdue', seconds, guestAnswers: true };
    const timer = setTimeout(() => resolve(overdue), seconds * 1000);
    stop.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const interrupted = new Promise<CaseEnd>((resolve) => {
    const interrupt = () => resolve({ kind: 'not-run', error: toReport(signal.reason) });
    signal.addEventListener('abort', interrupt, { signal: stop.signal });
    if (signal.aborted) interrupt();
  });
  return Promise.race([run, lost, late, interrupted]).finally(() => stop.abort());
}

/** Finds out whether it is the case or the guest that hangs, and in which call. */
async function examine(
  end: Extract<CaseEnd, { kind: 'overdue' }>,
  live: LiveGuest,
  slot: CaseSlot,
  { patience, signal }: RunSettings,
): Promise<CaseEnd> {
  const { shim } = live.handle.session;
  const guestAnswers = await shim.call(['ping'], { deadline: patience }).then(
    () => true,
    () => false,
  );
  if (!guestAnswers) {
    const told = live.handle.interrogate?.(signal).catch((error: unknown) => [String(error)]);
    const details = told === undefined ? [] : await told;
    return { ...end, guestAnswers, ...(details.length === 0 ? {} : { details }) };
  }
  const inKernel = slot.underway().find((method) => kernelCalls.includes(method));
  return { ...end, guestAnswers, ...(inKernel === undefined ? {} : { inKernel }) };
}

/** Takes back what the case has made; what it still has under way goes first. */
async function undo(
  live: LiveGuest,
  scope: CaseScope,
  { patience }: RunSettings,
): Promise<readonly string[]> {
  const { shim } = live.handle.session;
  const stuck = await shim.cancelAll(patience).catch((error: unknown) => [String(error)]);
  return [...stuck.map((call) => `still under way: ${call}`), ...(await scope.unwind())];
}

function isGone(end: CaseEnd): boolean {
  return end.kind === 'guest-lost' || (end.kind === 'overdue' && !end.guestAnswers);
}

function isOneOf(pattern: RegExp, lines: readonly string[]): boolean {
  const wanted = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return lines.some((line) => wanted.test(line));
}
