import type { Guest } from '../cr/case.ts';

/** Active objects of slab caches, by name. */
export type Counts = Awaited<ReturnType<Guest['slabs']>>;

/** Caches of what tasks are made of. */
const ofTasks = [
  ...['task_struct', 'mm_struct', 'files_cache', 'fs_cache', 'filp', 'signal_cache'],
  ...['sighand_cache', 'cred_jar', 'pid', 'nsproxy', 'sigqueue', 'mnt_cache', 'shmem_inode_cache'],
];

/**
 * Returns the caches that hold more than before, and by how many: by more than `each` if tasks are
 * made of them, by more than `others` if not.
 */
export function grownSince(before: Counts, after: Counts, each: number, others: number): string[] {
  return grownBeyond(before, after, byKind(each, others));
}

function byKind(each: number, others: number): (name: string) => number {
  return (name) => (ofTasks.includes(name) ? each : others);
}

/** Packets lie in these; the network card takes half its ring of 256 at once, when it likes. */
const buffers = /^(skbuff|kmalloc-)/;

/** How many more buffers say nothing. */
export const ring = 150;

/**
 * Returns the caches that hold more objects than before, and by how many: by more than `each` if
 * tasks are made of them, by more than `others` if not. It counts until all has come back or for
 * many times as long as RCU could take; what somebody has kept is returned at last. Of buffers,
 * the network's ring is left out.
 */
export async function keptSince(
  guest: Guest,
  before: Counts,
  each: number,
  others = each,
): Promise<string[]> {
  const more = byKind(each, others);
  const most = (name: string) => (buffers.test(name) ? Math.max(more(name), ring) : more(name));
  for (let tries = 1; ; tries++) {
    // All of them each time: who counts holds objects for each name that it counts.
    const after = await guest.slabs(...Object.keys(before));
    const kept = grownBeyond(before, after, most);
    if (kept.length === 0 || tries === 60) return kept;
  }
}

function grownBeyond(before: Counts, after: Counts, most: (name: string) => number): string[] {
  return Object.entries(before)
    .map(([name, count]) => ({ name, by: (after[name] ?? 0) - count }))
    .filter(({ name, by }) => by > most(name))
    .map(({ name, by }) => `${name}: ${by} more`);
}
