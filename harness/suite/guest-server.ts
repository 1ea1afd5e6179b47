import type { Guest, Subject } from './contracts.ts';
import { isLabError, labError, reportOf } from '../core/errors.ts';
import type { LabError } from '../core/errors.ts';
import { isGuestAssertion } from './guest-assertion.ts';
import type { Answer, GuestCall, ThrownByGuest } from './host-protocol.ts';

/** Something with methods that a case has been handed a number for. */
type Thing = Readonly<Record<string, ((...args: never[]) => unknown) | undefined>>;

/** The lab's end of the guest calls of one case host. */
export interface GuestServer {
  /** Never rejects: what the guest throws is in the answer. */
  readonly answer: (call: GuestCall) => Promise<Answer>;
  /** Names of the kernel calls under test that have not come back. */
  readonly inKernel: () => readonly string[];
}

/** Where the guests of a case host are, as they are when a call comes. */
export interface ServedGuests {
  readonly guestOf: (call: Pick<GuestCall, 'scope' | 'guest'>) => Guest | undefined;
  /** Opens another guest for the running case and returns its number. */
  readonly another: () => Promise<number>;
}

/** Returns a server over the guests of both scopes. */
export function serveGuest({ guestOf, another }: ServedGuests): GuestServer {
  const things = new Map<number, Thing>();
  const underway = new Map<symbol, string>();
  let last = 0;
  const hand = (thing: Thing): number => {
    things.set(++last, thing);
    return last;
  };

  const perform = async (call: GuestCall): Promise<unknown> => {
    const { scope, thing, method, args } = call;
    if (thing !== undefined) return invoke(things.get(thing), method, args);
    const guest = guestOf(call);
    if (guest === undefined) throw noGuest(method);
    if (method === 'another') {
      if (scope === 'case') return another();
      throw noOtherForSuite();
    }
    switch (method) {
      case 'expect':
        return guest.console.expect(args[0] as RegExp);
      case 'subject':
        return handSubject(await guest.subject(...(args as Parameters<Guest['subject']>)), hand);
      case 'program':
        return handSubject(await guest.program(...(args as Parameters<Guest['program']>)), hand);
      case 'trace': {
        const tracer = await guest.trace(args[0] as number);
        return { thing: hand({ detach: () => tracer.detach() }) };
      }
      default:
        return invoke(guest as unknown as Thing, method, args);
    }
  };

  const answer = async (call: GuestCall): Promise<Answer> => {
    const key = Symbol(call.method);
    if (call.method === 'kernelCall') underway.set(key, String(call.args[0]));
    try {
      return { value: await perform(call) };
    } catch (error) {
      return { failure: describe(error) };
    } finally {
      underway.delete(key);
    }
  };
  return { answer, inKernel: () => [...underway.values()] };
}

function handSubject(subject: Subject, hand: (thing: Thing) => number): unknown {
  const { name, pid, facts } = subject;
  return { name, pid, facts, thing: hand(subject as unknown as Thing) };
}

function invoke(thing: Thing | undefined, method: string, args: readonly unknown[]): unknown {
  const found = thing !== undefined && Object.hasOwn(thing, method) ? thing[method] : undefined;
  if (typeof found !== 'function') throw new Error(`the guest has no method ${method}()`);
  return found(...(args as never[]));
}

function describe(error: unknown): ThrownByGuest {
  const message = error instanceof Error ? error.message : String(error);
  if (isGuestAssertion(error)) return { message, assertion: error.assertion };
  return isLabError(error) ? { message, report: reportOf(error) } : { message };
}

function noOtherForSuite(): LabError {
  return labError({
    code: 'another-in-a-hook',
    fault: 'case',
    doing: 'opening another guest',
    what: 'a before or after hook asked for it, and it would live as long as a case',
    next: 'Call another() in the case.',
  });
}

function noGuest(method: string): LabError {
  return labError({
    code: 'guest-call-too-late',
    fault: 'case',
    doing: `calling guest.${method}()`,
    what: 'no case is running',
    next: 'Await everything a case starts.',
  });
}
