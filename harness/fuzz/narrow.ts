import type { MutantRange } from '../core/fuzz.ts';

/** Tells whether mutants do again, in a fresh guest, what a batch of them did. */
export type DoesIt = (range: MutantRange, only?: readonly number[]) => Promise<boolean>;

/**
 * Returns the fewest neighbouring mutants that do it: one, unless only several together do.
 * `range` is known to. Asks about twice the logarithm of their number.
 */
export async function narrow(range: MutantRange, does: DoesIt): Promise<MutantRange> {
  let least = range;
  while (least.count > 1) {
    const half = Math.floor(least.count / 2);
    const first = { from: least.from, count: half };
    const second = { from: least.from + half, count: least.count - half };
    if (await does(first)) least = first;
    else if (await does(second)) least = second;
    else return least;
  }
  return least;
}

/**
 * Returns the mutations of one mutant that it takes: each of the others can be left out. Tried
 * one by one, the last first, for what comes later may rest on what came before.
 */
export async function minimise(
  range: MutantRange,
  mutations: readonly number[],
  does: DoesIt,
): Promise<readonly number[]> {
  let needed = mutations;
  for (const each of [...mutations].reverse()) {
    const without = needed.filter((number) => number !== each);
    if (without.length > 0 && (await does(range, without))) needed = without;
  }
  return needed;
}
