import { labError, revive } from '../core/errors.ts';
import { guestAssertion } from './guest-assertion.ts';
import { withStackOf } from './extend.ts';
import { createGuestProxy } from './guest-proxy.ts';
import type { AskLab } from './guest-proxy.ts';
import type { Guest } from './contracts.ts';
import type { Answer, Failure, GuestCall, Moment, Scope, ThrownByGuest } from './host-protocol.ts';

/** The case host's end of all guest calls. */
export interface HostCalls {
  /** A guest that stops answering when the next one is made: nothing outlives its case. */
  readonly guestOf: (scope: Scope) => Guest;
  /** Opens another guest for the case that runs; it stops answering with the case's own. */
  readonly another: () => Promise<Guest>;
  readonly takeUnawaited: (moment: Moment) => readonly Failure[];
  settle(call: number, answer: Answer): void;
  addLines(guest: number, lines: readonly string[]): void;
}

interface Pending {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Returns the calls of a host that sends through `send`. */
export function createHostCalls(send: (call: GuestCall & { call: number }) => void): HostCalls {
  const pending = new Map<number, Pending>();
  /** By the guests' numbers. */
  let lines: string[][] = [];
  let scope: Scope = 'suite';
  let epoch = 0;
  let last = 0;

  const linesOf = (guest: number) => (lines[guest] ??= []);
  const askerOf = (guest: number): AskLab => {
    const mine = epoch;
    return (call) =>
      new Promise<unknown>((resolve, reject) => {
        // The stack of a call is the case's own line; an answer's would be the lab's.
        if (mine !== epoch) {
          reject(outlived(call.method));
          return;
        }
        const place = new Error('called');
        last += 1;
        const rejectHere = (error: Error) => reject(withStackOf(error, place));
        pending.set(last, { method: call.method, resolve, reject: rejectHere });
        send({ ...call, scope, guest, call: last });
      });
  };
  const proxyOf = (guest: number): Guest => createGuestProxy(askerOf(guest), () => linesOf(guest));

  const guestOf = (of: Scope): Guest => {
    epoch += 1;
    scope = of;
    if (scope === 'case') lines = [];
    return proxyOf(0);
  };
  const another = async () => {
    const ask = askerOf(0);
    return proxyOf((await ask({ method: 'another', args: [] })) as number);
  };

  const takeUnawaited = (moment: Moment): readonly Failure[] => {
    // To wait for a subject's end and not to care in the end is no mistake.
    const calls = [...pending.values()].filter(({ method }) => method !== 'ended');
    pending.clear();
    return calls.map(({ method }) => unawaited(method, moment));
  };

  const settle = (call: number, answer: Answer): void => {
    const found = pending.get(call);
    pending.delete(call);
    if (found === undefined) return;
    if ('value' in answer) found.resolve(answer.value);
    else found.reject(reviveThrown(answer.failure));
  };

  const addLines = (guest: number, more: readonly string[]) => void linesOf(guest).push(...more);
  return { guestOf, another, takeUnawaited, settle, addLines };
}

function reviveThrown({ message, report, assertion }: ThrownByGuest): Error {
  if (report !== undefined) return revive(report);
  return assertion === undefined ? new Error(message) : guestAssertion(message, assertion);
}

function outlived(method: string): Error {
  return labError({
    code: 'guest-call-too-late',
    fault: 'case',
    doing: `calling guest.${method}()`,
    what: 'the case or hook that was given this guest has ended',
    next: 'Await everything the case starts.',
  });
}

function unawaited(method: string, moment: Moment): Failure {
  const error = {
    code: 'guest-call-not-awaited',
    fault: 'case' as const,
    doing: moment === 'case' ? 'ending a case' : `ending its "${moment}" hook`,
    what: `a call of ${method}() was still under way`,
    next: 'Await it: a call nobody waits for proves nothing.',
  };
  return { moment, message: `${error.doing}: ${error.what}`, error };
}
