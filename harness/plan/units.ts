import type { Isolation } from './options.ts';
import type { PlanEntry } from './plan.ts';

/** Cases that one guest runs in a row. */
export interface Unit {
  readonly base: string;
  readonly entries: readonly PlanEntry[];
}

/** Units that are handed out to guests. */
export interface UnitQueue {
  /** Returns the next unit, one of that base if there is one, so that a guest can be kept. */
  take(base: string | undefined): Unit | undefined;
}

/** What an unknown case is taken to last, in milliseconds. */
const unknownDuration = 1000;

/**
 * Returns the plan as units: with `none` a suite each (one for a whole base if there is but
 * one guest, so that nothing is reordered), with `file` a file each, with `case` a case each.
 * What a change can touch comes first, what the project is about before the rest; then, with several guests, the longest, so that none of
 * them ends long after the rest. A shuffled plan keeps its own order.
 * Repeated cases come in rounds; with `file` a file gets another guest in each.
 */
export function queueUnits(
  entries: readonly PlanEntry[],
  isolation: Isolation,
  jobs: number,
  shuffled = false,
): UnitQueue {
  const groups = new Map<string, PlanEntry[]>();
  entries.forEach((entry, index) => {
    const key = groupKey(entry, index, isolation, jobs);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  });
  const units = [...groups.values()].map((group) => ({
    base: group[0]?.planned.base ?? '',
    entries: group,
  }));
  if (!shuffled)
    units.sort(
      (a, b) =>
        roundOf(a) - roundOf(b) ||
        Number(isUntouched(a)) - Number(isUntouched(b)) ||
        Number(isHeadline(b)) - Number(isHeadline(a)) ||
        (jobs > 1 ? expected(b) - expected(a) : 0),
    );
  return {
    take: (base) => {
      const same = units.findIndex((unit) => unit.base === base);
      return units.splice(Math.max(same, 0), 1)[0];
    },
  };
}

function groupKey(
  { planned: { base, file, suite }, attempt }: PlanEntry,
  index: number,
  isolation: Isolation,
  jobs: number,
): string {
  if (isolation === 'case') return String(index);
  if (isolation === 'file') return JSON.stringify([base, file, attempt?.number]);
  return JSON.stringify(jobs === 1 ? [base] : [base, file, suite, attempt?.number]);
}

function roundOf({ entries }: Unit): number {
  return entries[0]?.attempt?.number ?? 1;
}

function isUntouched({ entries }: Unit): boolean {
  return entries.every(({ affected }) => affected === false);
}

function isHeadline({ entries }: Unit): boolean {
  return entries.some(({ planned }) => planned.headline !== undefined);
}

function expected({ entries }: Unit): number {
  return entries.reduce((sum, { planned }) => sum + (planned.expected ?? unknownDuration), 0);
}
