import type { Guest } from '../../harness/case.ts';

/** Active objects of slab caches, by name. */
export type Counts = Awaited<ReturnType<Guest['slabs']>>;

/**
 * Returns the names of the caches that hold more objects than before, by more than so many.
 * What was freed may wait for RCU, so it counts until that has come; what somebody has kept
 * never comes back, and is returned at last.
 */
export async function keptSince(guest: Guest, before: Counts, more: number): Promise<string[]> {
  let kept = Object.keys(before);
  for (let tries = 0; kept.length > 0 && tries < 100; tries++) {
    const now = await guest.slabs(...kept);
    kept = kept.filter((name) => (now[name] ?? 0) - (before[name] ?? 0) > more);
  }
  return kept;
}
