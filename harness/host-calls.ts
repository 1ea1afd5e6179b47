import { labError } from './errors.ts';
import { guestAssertion } from './guest-assertion.ts';
import { createGuestProxy } from './guest-proxy.ts';
import type { Guest } from './contracts.ts';
import type { Answer, Failure, GuestCall, Moment, Scope, ThrownByGuest } from './host-protocol.ts';

/** The case host's end of all guest calls. */
export interface HostCalls {
  /** A guest that stops answering when the next one is made: nothing outlives its case. */
  readonly guestOf: (scope: Scope) => Guest;
  readonly takeUnawaited: (moment: Moment) => readonly Failure[];
  settle(call: number, answer: Answer): void;
  addLines(lines: readonly string[]): void;
}

interface Pending {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Returns the calls of a host that sends through `send`. */
export function createHostCalls(send: (call: GuestCall & { call: number }) => void): HostCalls {
  const pending = new Map<number, Pending>();
  let lines: string[] = [];
  let epoch = 0;
  let last = 0;

  const guestOf = (scope: Scope): Guest => {
    const mine = ++epoch;
    if (scope === 'case') lines = [];
    const ask = (call: Omit<GuestCall, 'scope'>) =>
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
        send({ ...call, scope, call: last });
      });
    return createGuestProxy(ask, () => lines);
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
    else found.reject(revive(answer.failure));
  };

  return { guestOf, takeUnawaited, settle, addLines: (more) => void lines.push(...more) };
}

function revive({ message, report, assertion }: ThrownByGuest): Error {
  if (report !== undefined) return labError(report);
  return assertion === undefined ? new Error(message) : guestAssertion(message, assertion);
}

function withStackOf(error: Error, place: Error): Error {
  const frames = (place.stack ?? '').split('\n').slice(1);
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
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
