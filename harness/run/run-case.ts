import type { Finding } from '../core/finding.ts';
import { mirrorConsole } from './served-host.ts';
import { describeArtefact } from '../guest/artefact.ts';
import type { EnteredCase, ServedHost } from './served-host.ts';
import { firstOf, onceLate } from '../core/deadline.ts';
import { watchForDoom } from './doom.ts';
import { toReport } from '../core/errors.ts';
import type { CaseArtefact, ErrorReport } from '../core/events.ts';
import type { CaseScope } from '../guest/guest.ts';
import { explainHang } from '../guest/guest-loss.ts';
import { keepMemory } from './keep-memory.ts';
import { leaveCase } from './leave-case.ts';
import type { Left, Look } from './leave-case.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import { isOneOf } from './other-guests.ts';
import type { OthersEnd } from './other-guests.ts';
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

/** A case in its guest, whose begin marker is on the console. */
export interface CaseInGuest {
  readonly live: LiveGuest;
  readonly host: ServedHost;
  readonly entry: PlanEntry;
  /** Index of its begin marker. */
  readonly begin: number;
  readonly settings: RunSettings;
  /** Opens a guest like the case's own. */
  readonly openLike: () => Promise<LiveGuest>;
}

/** The same, once the lab keeps what it does. */
interface Entered extends CaseInGuest, EnteredCase {
  /** How long it may take. */
  readonly seconds: number;
}

/** Runs a case up to its end marker: four phases, each a value for the next. Throws nothing. */
export async function runCaseIn(inGuest: CaseInGuest): Promise<CaseRun> {
  const entered = enter(inGuest);
  const ended = await awaitEnd(entered);
  const explained = await explainEnd(entered, ended);
  const left = await leave(entered, explained);
  return observe(entered, left);
}

function enter(inGuest: CaseInGuest): Entered {
  const { live, host, entry, begin, settings, openLike } = inGuest;
  const seconds = (entry.seconds ?? settings.deadline) * settings.factor;
  const milliseconds = seconds * 1000;
  const kept = host.enterCase({ live, entry, openLike, consoleFrom: begin + 1, milliseconds });
  return { ...inGuest, ...kept, seconds };
}

/** What ended a case, and when. */
interface Ended {
  readonly end: CaseEnd;
  readonly milliseconds: number;
}

/** Waits for whatever ends the case; its process is gone after any end but its own. */
async function awaitEnd(entered: Entered): Promise<Ended> {
  const { live, host } = entered;
  const stopMirror = mirrorConsole(live.console, host);
  const start = performance.now();
  const end = await raceCase(entered);
  const milliseconds = Math.round(performance.now() - start);
  stopMirror();
  if (end.kind !== 'returned') await host.kill();
  return { end, milliseconds };
}

interface Explained extends Ended {
  /** The guest that no longer answers. */
  readonly hung: LiveGuest | undefined;
}

/** Asks why a case was late and why a guest is ill: calls fail before the reason is known. */
async function explainEnd(
  { live, host, others, settings }: Entered,
  { end, milliseconds }: Ended,
): Promise<Explained> {
  const guests = [live, ...others.all()];
  const hung = end.kind === 'overdue' ? await findHung(guests, settings) : undefined;
  const examined = end.kind === 'overdue' ? await examine(end, hung, host, settings) : end;
  const ailing = guests.find((guest) => guest.ailing());
  const explained =
    ailing === undefined || examined.kind === 'not-run'
      ? examined
      : await explainLoss(ailing, settings);
  return { end: explained, milliseconds, hung };
}

/** A case whose guest has been left, as far as that was possible. */
interface Departed extends Explained, Left {
  /** Index of the line after its last one. */
  readonly to: number;
  /** Whether its own guest answers no more. */
  readonly gone: boolean;
  /** Why its own guest can't vouch for it. */
  readonly blind: ErrorReport | undefined;
  /** What its other guests have to say. */
  readonly beside: OthersEnd;
  /** Of a guest whose kernel has failed. */
  readonly memory: CaseArtefact | undefined;
}

/** Looks at what the case was about, undoes what it has made, and marks its end. */
async function leave(entered: Entered, explained: Explained): Promise<Departed> {
  const { live, begin, scope, others, settings, entry } = entered;
  const { console } = live;
  const { end, hung } = explained;
  const doom = watchForDoom(live, begin + 1, expectedBy(scope), settings.factor);
  const isGone = async () => live === hung || (await doom.isGone());
  const answers = async () => end.kind !== 'not-run' && !(await isGone());
  const look: Look = (guest, seen) =>
    isSuspicious(entered, end)
      ? lookAtArtefact(seen, entry, guest, settings)
      : Promise.resolve(undefined);
  const { visit } = settings;
  // Before anything is undone: that would run on what the kernel has broken.
  const memory =
    doom.isSpoken() || isKernelHang(end) ? await keepMemory(hung ?? live, settings) : undefined;
  const left = await leaveCase(live, scope, {
    doom,
    answers,
    look,
    settings,
    ...(visit === undefined ? {} : { visit: () => visit(live, end) }),
  });
  const mark = (await answers()) ? await live.watch.mark('the end of the case') : console.count;
  const blind = typeof mark === 'number' || live.ailing() ? undefined : mark;
  const beside = await others.close(hung, look);
  const isLost = end.kind !== 'guest-lost' && end.kind !== 'not-run' && live.ailing();
  return {
    ...explained,
    ...left,
    end: isLost ? await explainLoss(live, settings) : end,
    to: typeof mark === 'number' ? mark : console.count,
    gone: await isGone(),
    blind,
    beside,
    memory,
  };
}

function isKernelHang(end: CaseEnd): boolean {
  return end.kind === 'guest-lost' && end.error.code === 'kernel-hang';
}

function expectedBy({ expected }: CaseScope): (finding: Finding) => boolean {
  return ({ lines }) => expected.some((each) => isOneOf(each, lines));
}

/** Whether anybody will want to see what the case was about. */
function isSuspicious({ live, begin, scope, others }: Entered, end: CaseEnd): boolean {
  const expects = expectedBy(scope);
  return (
    (end.kind === 'returned' ? end.failures.length > 0 : true) ||
    live.watch.findings(begin + 1, Infinity).some((each) => each.fatal && !expects(each)) ||
    others.complained()
  );
}

/** Puts together what was seen of the case: its guest's complaints up to the end marker. */
function observe({ live, begin, scope, shim }: Entered, departed: Departed): CaseRun {
  const { end, milliseconds, artefact, leftovers, to, gone, blind, beside, memory } = departed;
  const { console } = live;
  const expects = expectedBy(scope);
  // The last words of a kernel that is gone come when they come.
  const last = gone ? Infinity : to;
  const during = live.watch
    .findings(begin + 1, last)
    .filter((finding) => !expects(finding))
    .concat(live.watch.takeTaint(begin + 1, last));
  const observed: Observed = {
    end,
    during: [...during, ...beside.findings],
    before: [],
    after: [],
    leftovers: [...leftovers, ...beside.leftovers],
    ...defined({ blind: blind ?? beside.blind }),
  };
  const clean = leftovers.length === 0 && blind === undefined && !during.some((each) => each.fatal);
  const others = [...beside.artefacts, ...(memory === undefined ? [] : [memory])];
  const own = console.since(begin + 1).slice(0, Math.max(0, to - begin - 1));
  return {
    observed,
    to,
    milliseconds,
    shim,
    console: [...own, ...beside.console],
    ...defined({ artefact }),
    ...(others.length === 0 ? {} : { otherArtefacts: others }),
    guestUsable: clean && !gone,
  };
}

/** Returns the artefact a case was about, before what the case has made is undone. Throws nothing. */
async function lookAtArtefact(
  scope: CaseScope,
  { attempt }: PlanEntry,
  { name: guest, console }: LiveGuest,
  { folder, patience, artefacts }: RunSettings,
): Promise<CaseArtefact | undefined> {
  if (artefacts === undefined) return undefined;
  const again = attempt === undefined ? '' : `-${attempt.number}`;
  const name = `${artefacts.name}-${guest}-${console.count}${again}`;
  const keep = folder === undefined ? undefined : { folder, name };
  const look = scope.artefact().then((found) => found && describeArtefact(found, artefacts, keep));
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
async function raceCase({
  live,
  others,
  host,
  entry,
  seconds,
  settings,
}: Entered): Promise<CaseEnd> {
  const { planned, file } = entry;
  const { signal } = settings;
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
    const callOff = onceLate(seconds * 1000, () => resolve(overdue), live.kept);
    stop.signal.addEventListener('abort', callOff);
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
    guests.map(({ shim }) =>
      shim.call(['ping'], { deadline: patience }).then(
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
  host: ServedHost,
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
    return { kind: 'guest-lost', error: await explainHang(hung, unproved, signal) };
  }
  const [inKernel] = host.inKernel();
  return { ...end, ...defined({ inKernel }) };
}
