import type { AssertionReport } from '../core/events.ts';

/** Thrown where the guest itself did otherwise than it must: the case fails, it is not broken. */
export type GuestAssertion = Error & {
  readonly name: 'GuestAssertion';
  readonly assertion: Required<Pick<AssertionReport, 'operator' | 'expected' | 'actual'>>;
};

/** Returns an assertion that failed in the guest; throw it. */
export function guestAssertion(
  message: string,
  assertion: GuestAssertion['assertion'],
): GuestAssertion {
  return Object.assign(new Error(message), { name: 'GuestAssertion' as const, assertion });
}

/** Tells it from every other error. */
export function isGuestAssertion(thrown: unknown): thrown is GuestAssertion {
  return thrown instanceof Error && thrown.name === 'GuestAssertion' && 'assertion' in thrown;
}
