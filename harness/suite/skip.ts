/** What `skip()` throws to leave a case. */
export type SkipSignal = Error & { readonly name: 'SkipSignal'; readonly reason: string };

/** Returns the error that ends a case as skipped when it is thrown. */
export function skipSignal(reason: string): SkipSignal {
  return Object.assign(new Error(`skipped: ${reason}`), { name: 'SkipSignal' as const, reason });
}

/** Tells a skip from whatever else a case may throw. */
export function isSkipSignal(thrown: unknown): thrown is SkipSignal {
  return thrown instanceof Error && thrown.name === 'SkipSignal' && 'reason' in thrown;
}
