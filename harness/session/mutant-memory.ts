import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Image } from '../../kernel/base.ts';
import type { Rootfs } from '../../rootfs/rootfs.ts';
import type { Context } from '../core/context.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import type { MutantOutcome } from '../core/mutants.ts';
import type { Project } from '../core/project.ts';
import type { Mutant } from '../mutate/mutant.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { hashAll, listShared } from '../proofs/proof-key.ts';
import { keyOf } from '../store/cache.ts';

/** What became of mutants before, on this kernel, under cases that are what they were. */
export interface MutantMemory {
  /**
   * Returns what became of a mutant; undefined where that no longer holds. One that was caught
   * stays caught as long as the case that did so is the same, whatever other cases there are.
   */
  recall(mutant: Mutant, entries: readonly PlanEntry[]): MutantOutcome | undefined;
  keep(mutant: Mutant, entries: readonly PlanEntry[], outcome: MutantOutcome): Promise<void>;
  /** Tells whether a case has passed with every mutant off. */
  isGreen(entry: PlanEntry): boolean;
  keepGreen(entry: PlanEntry): Promise<void>;
}

const outcomeShape = z.object({
  /** Of the kernel, and of the cases that the outcome rests on. */
  key: z.string(),
  outcome: z.union([
    z.object({ kind: z.literal('caught'), by: z.string(), reason: z.string() }),
    z.object({ kind: z.literal('survived'), cases: z.number() }),
  ]),
});

type KeptOutcome = z.infer<typeof outcomeShape>['outcome'];

/** Returns what is known of a kernel's mutants, and keeps more. */
export async function openMemory(
  image: Image,
  rootfs: Rootfs,
  { cases: folder }: Pick<Project, 'cases'>,
  { home }: Context,
): Promise<MutantMemory> {
  const base = image.base.name;
  const outcomes: FactFile<z.infer<typeof outcomeShape>> = {
    path: join(home.facts, `mutants-${base}.json`),
    shape: z.record(z.string(), outcomeShape),
  };
  const greens: FactFile<string> = {
    path: join(home.facts, `mutants-off-${base}.json`),
    shape: z.record(z.string(), z.string()),
  };
  const known = { ...(await readFacts(outcomes)) };
  const green = { ...(await readFacts(greens)) };
  const sums = await hashCases(folder);
  const kernel = { image: image.key, rootfs: rootfs.key };
  const keyFor = (entries: readonly PlanEntry[]) =>
    keyOf({
      ...kernel,
      shared: sums.shared,
      cases: entries.map(({ planned, file }) => [planned.id, sums.files.get(file.path)]),
    });
  return {
    recall: ({ id }, entries) => {
      const found = known[id];
      if (found === undefined) return undefined;
      const { key, outcome } = found;
      const rests = restingOn(outcome, entries);
      return rests.length > 0 && key === keyFor(rests) ? outcome : undefined;
    },
    keep: async ({ id }, entries, outcome) => {
      if (outcome.kind !== 'caught' && outcome.kind !== 'survived') return;
      known[id] = { key: keyFor(restingOn(outcome, entries)), outcome };
      await changeFacts(outcomes, { [id]: known[id] });
    },
    isGreen: (entry) => green[entry.planned.id] === keyFor([entry]),
    keepGreen: async (entry) => {
      const key = keyFor([entry]);
      green[entry.planned.id] = key;
      await changeFacts(greens, { [entry.planned.id]: key });
    },
  };
}

/** Returns the cases that an outcome rests on: the one that caught it, or all. */
function restingOn(outcome: KeptOutcome, entries: readonly PlanEntry[]): readonly PlanEntry[] {
  return outcome.kind === 'caught'
    ? entries.filter(({ planned }) => planned.id === outcome.by)
    : byName(entries);
}

/** In an order of their own: which is the fastest changes from run to run. */
function byName(entries: readonly PlanEntry[]): PlanEntry[] {
  return [...entries].sort((a, b) => (a.planned.id < b.planned.id ? -1 : 1));
}

async function hashCases(folder: string) {
  const there = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = new Map<string, unknown>();
  for (const entry of there)
    if (entry.isFile() && entry.name.endsWith('.ts'))
      files.set(join(folder, entry.name), await hashAll(join(folder, entry.name)));
  const folders = await listShared(folder);
  const shared = await Promise.all(folders.map((name) => hashAll(join(folder, name))));
  return { files, shared };
}
