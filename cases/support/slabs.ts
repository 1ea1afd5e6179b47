import type { Guest } from '../../harness/case.ts';

/** Active objects of slab caches, by name. */
export type Counts = Awaited<ReturnType<Guest['slabs']>>;

/**
 * Returns the names of the caches that hold more objects than before, by more than so many.
 * What was freed may wait for RCU, of which old kernels do ten a tick, so it counts until all
 * has come back or for many times as long; what somebody has kept is returned at last.
 */
export async function keptSince(guest: Guest, before: Counts, more: number): Promise<string[]> {
  let kept = Object.keys(before);
  for (let tries = 0; kept.length > 0 && tries < 600; tries++) {
    const now = await guest.slabs(...kept);
    kept = kept.filter((name) => (now[name] ?? 0) - (before[name] ?? 0) > more);
  }
  return kept;
}

/**
 * Returns the least that caches hold while nobody works: counts until none has fallen five times
 * in a row. Without names, of every cache.
 */
export async function leastSlabs(guest: Guest, ...names: readonly string[]): Promise<Counts> {
  const all = names.length > 0 ? names : Object.keys(await guest.slabs());
  let least = await guest.slabs(...all);
  for (let same = 0; same < 5; same++) {
    const now = await guest.slabs(...all);
    if (all.some((name) => (now[name] ?? 0) < (least[name] ?? 0))) same = -1;
    const lower = (name: string) => Math.min(now[name] ?? 0, least[name] ?? 0);
    least = Object.fromEntries(all.map((name) => [name, lower(name)]));
  }
  return least;
}
