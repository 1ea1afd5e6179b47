import type { Finding } from '../core/finding.ts';
import { mirrorConsole } from './case-mirror.ts';
import { describeArtefact } from '../guest/artefact.ts';
import type { CaseSlot } from './case-slot.ts';
import { firstOf } from '../core/deadline.ts';
import { watchForDoom } from './doom.ts';
import { toReport } from '../core/errors.ts';
import type { CaseArtefact, ErrorReport } from '../core/events.ts';
import type { ScopedGuest } from '../guest/guest.ts';
import type { GuestHandle } from '../guest/guest-handle.ts';
import { explainHang } from '../guest/guest-hang.ts';
import { leaveCase } from './leave-case.ts';
import type { Look } from './leave-case.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import { isOneOf } from './other-guests.ts';
import type { OtherGuests } from './other-guests.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { RunSettings } from './run-settings.ts';
import type { CaseEnd, Observed } from '../results/verdict.ts';
import { defined } from '../core/defined.ts';

/** What came of running a case in a guest. */
export interface CaseRun {
  readonly observed: Observed;
  /** Index of the line after its last one. */
  readonly to: number;
  readonly milliseconds: number;
  readonly console: readonly string[];
  readonly shim: readonly string[];
  readonly artefact?: CaseArtefact;
  readonly otherArtefacts?: readonly CaseArtefact[];
  /** Whether another case may use the guest. */
  readonly guestUsable: boolean;
}

/** Runs a case whose begin marker is on the console, up to its end marker. Throws nothing. */
export async function runCaseIn(
  live: LiveGuest,
  slot: CaseSlot,
  entry: PlanEntry,
  begin: number,
  settings: RunSettings,
  openLike: () => Promise<LiveGuest>,
): Promise<CaseRun> {
  const { console } = live.handle;
  const seconds = (entry.seconds ?? settings.deadline) * settings.factor;
  const scope = slot.enterCase({
    live,
    entry,
    openLike,
    consoleFrom: begin + 1,
    milliseconds: seconds * 1000,
  });
  const { others } = scope;
  const stopMirror = mirrorConsole(console, slot.host);
  const start = performance.now();
  let end = await raceCase(live, others, slot, entry, seconds, settings);
  const milliseconds = Math.round(performance.now() - start);
  stopMirror();
  if (end.kind !== 'returned') await slot.host.kill();
  const guests = [live, ...others.all()];
  const hung = end.kind === 'overdue' ? await findHung(guests, settings) : undefined;
  if (end.kind === 'overdue') end = await examine(end, hung, slot, settings);
  // Calls fail before the reason is known: the reason is what the reader wants.
  const ailing = guests.find((guest) => guest.ailing());
  if (ailing !== undefined && end.kind !== 'not-run') end = await explainLoss(ailing, settings);

  const expects = ({ lines }: Finding) => scope.expected.some((each) => isOneOf(each, lines));
  const doom = watchForDoom(live, begin + 1, expects, settings.factor);
  const isGone = async () => live === hung || (await doom.isGone());
  const answers = async () => end.kind !== 'not-run' && !(await isGone());
  const isSuspicious = () =>
    (end.kind === 'returned' ? end.failures.length > 0 : true) ||
    live.watch.findings(begin + 1, Infinity).some((each) => each.fatal && !expects(each)) ||
    others.complained();
  const look: Look = ({ handle }, scoped) =>
    isSuspicious() ? lookAtArtefact(scoped, entry, handle, settings) : Promise.resolve(undefined);
  const { visit } = settings;
  const visitor = visit === undefined ? {} : { visit: () => visit(live.handle, end) };
  const { artefact, leftovers } = await leaveCase(live, scope, {
    doom,
    answers,
    look,
    settings,
    ...visitor,
  });
  const marks = await answers();
  const mark = marks ? await live.watch.mark('the end of the case') : console.count;
  const blind = typeof mark === 'number' || live.ailing() ? undefined : mark;
  const beside = await others.close(hung, look);
  if (end.kind !== 'guest-lost' && end.kind !== 'not-run' && live.ailing())
    end = await explainLoss(live, settings);
  const to = typeof mark === 'number' ? mark : console.count;
  const gone = await isGone();
  const during = live.watch
    .findings(begin + 1, gone ? Infinity : to)
    .filter((finding) => !expects(finding))
    .concat(live.watch.takeTaint(begin + 1, gone ? Infinity : to));
  const witness = blind ?? beside.blind;
  const observed: Observed = {
    end,
    during: [...during, ...beside.findings],
    before: [],
    after: [],
    leftovers: [...leftovers, ...beside.leftovers],
    ...defined({ blind: witness }),
  };
  const clean = leftovers.length === 0 && blind === undefined && !during.some((each) => each.fatal);
  const own = console.since(begin + 1).slice(0, Math.max(0, to - begin - 1));
  return {
    observed,
    to,
    milliseconds,
    shim: scope.shim,
    console: [...own, ...beside.console],
    ...defined({ artefact }),
    ...(beside.artefacts.length === 0 ? {} : { otherArtefacts: beside.artefacts }),
    guestUsable: clean && !gone,
  };
}

/** Returns the artefact a case was about, before what the case has made is undone. Throws nothing. */
async function lookAtArtefact(
  scoped: Pick<ScopedGuest, 'artefact'>,
  { attempt }: PlanEntry,
  { name: guest, console }: GuestHandle,
  { folder, patience, artefacts }: RunSettings,
): Promise<CaseArtefact | undefined> {
  if (artefacts === undefined) return undefined;
  const again = attempt === undefined ? '' : `-${attempt.number}`;
  const name = `${artefacts.name}-${guest}-${console.count}${again}`;
  const keep = folder === undefined ? undefined : { folder, name };
  const look = scoped.artefact().then((found) => found && describeArtefact(found, artefacts, keep));
  return firstOf(
    look.catch(() => undefined),
    patience,
  );
}

/** An interrupt ends QEMU before anything else is told of it: that is no loss of a guest. */
async function explainLoss(guest: LiveGuest, { signal }: RunSettings): Promise<CaseEnd> {
  if (signal.aborted) return { kind: 'not-run', error: toReport(signal.reason) };
  return { kind: 'guest-lost', error: await guest.lost };
}

/** Waits for whatever ends the case first. */
async function raceCase(
  live: LiveGuest,
  others: OtherGuests,
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
  const lost = Promise.race([live.lost, others.lost]).then((error): CaseEnd => ({
    kind: 'guest-lost',
    error,
  }));
  const late = new Promise<CaseEnd>((resolve) => {
    const overdue: CaseEnd = { kind: 'overdue', seconds };
    const timer = setTimeout(() => resolve(overdue), seconds * 1000);
    stop.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const interrupted = new Promise<CaseEnd>((resolve) => {
    const interrupt = () => resolve({ kind: 'not-run', error: toReport(signal.reason) });
    signal.addEventListener('abort', interrupt);
    // By name: of two listeners at once with a signal of their own, Node 20 forgets the first's.
    stop.signal.addEventListener('abort', () => signal.removeEventListener('abort', interrupt));
    if (signal.aborted) interrupt();
  });
  return Promise.race([run, lost, late, interrupted]).finally(() => stop.abort());
}

/** Returns the first guest that no longer answers. */
async function findHung(
  guests: readonly LiveGuest[],
  { patience }: RunSettings,
): Promise<LiveGuest | undefined> {
  const answers = await Promise.all(
    guests.map(({ handle }) =>
      handle.session.shim.call(['ping'], { deadline: patience }).then(
        () => true,
        () => false,
      ),
    ),
  );
  return guests.find((_, index) => answers[index] === false);
}

/** Tells why a case was not done in time: the guest that hangs, or the call it is in. */
async function examine(
  end: Extract<CaseEnd, { kind: 'overdue' }>,
  hung: LiveGuest | undefined,
  slot: CaseSlot,
  { signal }: RunSettings,
): Promise<CaseEnd> {
  if (hung !== undefined) {
    const unproved: ErrorReport = {
      code: 'guest-hang',
      fault: 'guest-hang',
      doing: 'running a case',
      what: `not done after ${end.seconds} s, and the guest no longer answers`,
      next: 'Look at the last console lines and at what the kernel was asked to do.',
    };
    return { kind: 'guest-lost', error: await explainHang(hung.handle, unproved, signal) };
  }
  const [inKernel] = slot.inKernel();
  return { ...end, ...defined({ inKernel }) };
}
