import type { ErrorReport } from '../core/events.ts';
import { createGuest } from '../guest/guest.ts';
import type { ScopedGuest } from '../guest/guest.ts';
import { serveGuest } from '../suite/guest-server.ts';
import { startHost } from '../suite/host.ts';
import type { CaseHost } from '../suite/host.ts';
import type { Failure } from '../suite/host-protocol.ts';
import { mirrorConsole } from './case-mirror.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import { createOthers } from './other-guests.ts';
import type { OtherGuests } from './other-guests.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { RunSettings } from './run-settings.ts';
import { createTranscript } from '../guest/transcript.ts';

/** A case host with the guests its cases see. */
export interface CaseSlot {
  readonly host: CaseHost;
  /** Makes the guest for a case. */
  readonly enterCase: (entered: EnteredCase) => CaseScope;
  /** Runs the after hooks of the suite that is open, and takes back what it has made. */
  leaveSuite(): Promise<readonly Failure[]>;
  /** The kernel calls under test that have not come back. */
  readonly inKernel: () => readonly string[];
  /** Takes what was thrown while no case ran. */
  takeStrays(): readonly Failure[];
}

/** A case that is about to run in a guest. */
export interface EnteredCase {
  readonly live: LiveGuest;
  readonly entry: PlanEntry;
  /** Index of the console line it begins at. */
  readonly consoleFrom: number;
  /** How long it may take. */
  readonly milliseconds: number;
  /** Opens a guest like the case's own. */
  readonly openLike: () => Promise<LiveGuest>;
}

/** What the lab keeps of a case while it runs. */
export interface CaseScope extends ScopedGuest {
  readonly shim: readonly string[];
  readonly expected: readonly RegExp[];
  readonly others: OtherGuests;
}

/** Starts a host for cases. */
export function openSlot(settings: RunSettings): CaseSlot {
  const guests: { case?: ScopedGuest | undefined; suite?: ScopedGuest | undefined } = {};
  let suite: string | undefined;
  let strays: Failure[] = [];
  let others: OtherGuests | undefined;
  const server = serveGuest({
    guestOf: ({ scope, guest }) => (guest === 0 ? guests[scope]?.guest : others?.guestOf(guest)),
    another: () => others?.open() ?? Promise.reject(new Error('no case is running')),
  });
  const host = startHost({
    root: settings.root,
    answer: server.answer,
    onStray: (failure) => void strays.push(failure),
    onPrint: (text) => settings.emit({ type: 'note', text }),
  });

  const enterCase: CaseSlot['enterCase'] = (entered) => {
    const { live, entry, consoleFrom, milliseconds, openLike } = entered;
    const { planned } = entry;
    const transcript = createTranscript();
    const expected: RegExp[] = [];
    const optionsOf = (
      { shim, console, programs }: LiveGuest,
      from: number,
      named: RegExp[],
      prefix = '',
    ) => ({
      shim,
      programs,
      console,
      consoleFrom: from,
      patience: settings.patience,
      deadline: milliseconds + settings.patience,
      artefactOf: settings.artefacts?.placeOf,
      calls: settings.calls,
      onAnswer: (argv: readonly string[], answer: object) => transcript.add(argv, answer, prefix),
      onExpected: (pattern: RegExp) => void named.push(pattern),
    });
    const options = optionsOf(live, consoleFrom, expected);
    others = createOthers({
      openLive: openLike,
      settings,
      scopeOf: (other, number) => {
        other.running = planned.id;
        const { name, console } = other;
        const named: RegExp[] = [];
        host.sendLines(number, console.since(0));
        const stopMirror = mirrorConsole(console, host, number);
        const scoped = createGuest(optionsOf(other, 0, named, `${name}: `));
        const unwind = () => {
          stopMirror();
          return scoped.unwind();
        };
        return { ...scoped, unwind, expected: named };
      },
    });
    const name = JSON.stringify([live.name, planned.file, planned.suite]);
    if (suite !== name) guests.suite = createGuest(options);
    suite = name;
    const scoped = createGuest(options);
    guests.case = scoped;
    return { ...scoped, shim: transcript.lines, expected, others };
  };

  const leaveSuite = async () => {
    if (suite === undefined) return [];
    suite = undefined;
    guests.case = undefined;
    const failures = host.alive() ? await host.finish() : [];
    const leftovers = (await guests.suite?.unwind()) ?? [];
    guests.suite = undefined;
    return [...failures, ...leftovers.map(toFailure)];
  };

  const takeStrays = () => {
    const taken = strays;
    strays = [];
    return taken;
  };
  return { host, enterCase, leaveSuite, inKernel: server.inKernel, takeStrays };
}

function toFailure(leftover: string): Failure {
  const error: ErrorReport = {
    code: 'suite-not-undone',
    fault: 'guest-hang',
    doing: 'undoing what a suite has made',
    what: leftover,
    next: 'Find out why the guest keeps it.',
  };
  return { moment: 'after', message: leftover, error };
}
