import type { ErrorReport } from '../core/events.ts';
import { openScope } from '../guest/guest.ts';
import type { CaseScope } from '../guest/guest.ts';
import { serveGuest } from '../suite/guest-server.ts';
import { startHost } from '../suite/host.ts';
import type { CaseHost } from '../suite/host.ts';
import type { Failure } from '../suite/host-protocol.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import { createOthers } from './other-guests.ts';
import type { OtherGuests } from './other-guests.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { RunSettings } from './run-settings.ts';
import { createTranscript } from '../guest/transcript.ts';
import type { Console } from '../../qemu/contracts.ts';

/** A case host, and what its cases have in guests. */
export interface ServedHost extends CaseHost {
  /** Opens what a case works with. */
  readonly enterCase: (entering: EnteringCase) => EnteredCase;
  /** Runs the after hooks of the suite that is open, and takes back what it has made. */
  leaveSuite(): Promise<readonly Failure[]>;
  /** The kernel calls under test that have not come back. */
  readonly inKernel: () => readonly string[];
  /** Takes what was thrown while no case ran. */
  takeStrays(): readonly Failure[];
}

/** A case that is about to run in a guest. */
export interface EnteringCase {
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
export interface EnteredCase {
  readonly scope: CaseScope;
  /** What it has asked of the shim. */
  readonly shim: readonly string[];
  readonly others: OtherGuests;
}

/** Starts a host for cases. */
export function startServedHost(settings: RunSettings): ServedHost {
  const scopes: { case?: CaseScope | undefined; suite?: CaseScope | undefined } = {};
  let suite: string | undefined;
  let strays: Failure[] = [];
  let others: OtherGuests | undefined;
  const server = serveGuest({
    guestOf: ({ scope, guest }) => (guest === 0 ? scopes[scope]?.guest : others?.guestOf(guest)),
    another: () => others?.open() ?? Promise.reject(new Error('no case is running')),
  });
  const host = startHost({
    root: settings.root,
    answer: server.answer,
    onStray: (failure) => void strays.push(failure),
    onPrint: (text) => settings.emit({ type: 'note', text }),
  });

  const enterCase: ServedHost['enterCase'] = (entering) => {
    const { live, entry, consoleFrom, milliseconds, openLike } = entering;
    const { planned } = entry;
    const transcript = createTranscript();
    const optionsOf = (
      { shim, console, programs }: LiveGuest,
      from: number,
      expected: RegExp[],
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
      expected,
    });
    // What a suite's hooks expect, they expect for the case that they run with.
    const options = optionsOf(live, consoleFrom, []);
    others = createOthers({
      openLive: openLike,
      settings,
      scopeOf: (other, number) => {
        other.running = planned.id;
        const { name, console } = other;
        host.sendLines(number, console.since(0));
        const stopMirror = mirrorConsole(console, host, number);
        const scope = openScope(optionsOf(other, 0, [], `${name}: `));
        const unwind = () => {
          stopMirror();
          return scope.unwind();
        };
        return { ...scope, unwind };
      },
    });
    const name = JSON.stringify([live.name, planned.file, planned.suite]);
    if (suite !== name) scopes.suite = openScope(options);
    suite = name;
    const scope = openScope(options);
    scopes.case = scope;
    return { scope, shim: transcript.lines, others };
  };

  const leaveSuite = async () => {
    if (suite === undefined) return [];
    suite = undefined;
    scopes.case = undefined;
    const failures = host.alive() ? await host.finish() : [];
    const leftovers = (await scopes.suite?.unwind()) ?? [];
    scopes.suite = undefined;
    return [...failures, ...leftovers.map(toFailure)];
  };

  const takeStrays = () => {
    const taken = strays;
    strays = [];
    return taken;
  };
  return { ...host, enterCase, leaveSuite, inKernel: server.inKernel, takeStrays };
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

/** Lines a case is shown; a guest that floods its console must not flood its cases. */
const mostLines = 20_000;

/**
 * Shows a running case the console lines of its guest of that number as they come; returns how
 * to stop it.
 */
export function mirrorConsole(console: Console, host: CaseHost, guest = 0): () => void {
  let batch: string[] = [];
  let shown = 0;
  const send = () => {
    host.sendLines(guest, batch);
    batch = [];
  };
  const stop = console.onLine((line) => {
    if (shown === mostLines) return;
    shown += 1;
    if (batch.length === 0) setImmediate(send);
    batch.push(line);
  });
  return stop;
}
