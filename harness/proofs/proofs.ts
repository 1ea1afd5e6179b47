import { join } from 'node:path';
import { z } from 'zod';
import type { CaseResult, PlannedCase } from '../core/events.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import type { LabHome } from '../core/home.ts';
import { isRed } from '../results/outcome.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { KeyOfFile } from './proof-key.ts';

const proofShape = z.object({
  /** Of all that the verdicts depend on. */
  key: z.string(),
  /** The run in which they were found. */
  run: z.string(),
  /** Milliseconds that each case took, by id. */
  passed: z.record(z.string(), z.number()),
});

/** That every case of a file which can run on a base has passed there, in one guest. */
type Proof = z.infer<typeof proofShape>;

/**
 * Returns the entries of a plan, with a proof for each case of a file that stands proven. A
 * file is proven as a whole or not at all: its cases share a guest, and one that ran without
 * those before it might pass where it should not. A case that is known to fail proves nothing.
 */
export async function applyProofs(
  entries: readonly PlanEntry[],
  keyOf: KeyOfFile,
  home: LabHome,
): Promise<readonly PlanEntry[]> {
  const proofs = await readFacts(fileIn(home));
  const standing = new Map(
    [...groupFiles(entries)].flatMap(([name, group]) => {
      const proof = proofs[name];
      const stands = proof !== undefined && covers(proof, group, keyOf);
      return stands ? [[name, proof] as const] : [];
    }),
  );
  return entries.map((entry) => {
    const proof = standing.get(nameOf(entry.planned));
    const milliseconds = proof?.passed[entry.planned.id];
    if (proof === undefined || milliseconds === undefined) return entry;
    return { ...entry, proven: { run: proof.run, milliseconds } };
  });
}

/** Returns the names of the runs that proofs rest on. */
export async function runsOfProofs(home: LabHome): Promise<ReadonlySet<string>> {
  return new Set(Object.values(await readFacts(fileIn(home))).map(({ run }) => run));
}

function covers({ key, passed }: Proof, group: readonly PlanEntry[], keyOf: KeyOfFile): boolean {
  return group.every(
    ({ planned, unmet, known, mistake }) =>
      mistake === undefined &&
      known === undefined &&
      (unmet !== undefined || planned.id in passed) &&
      keyOf(planned) === key,
  );
}

/** What a run has to say for the proofs of later ones. */
export interface Evidence {
  /** The run's name. */
  readonly run: string;
  readonly entries: readonly PlanEntry[];
  readonly results: readonly CaseResult[];
}

/**
 * Keeps what a run has proven, where the key is known, and forgets what it has shown to be
 * red: a file in which a case failed is run again until all of it passes.
 */
export async function keepProofs(
  { run, entries, results }: Evidence,
  keyOf: KeyOfFile,
  home: LabHome,
): Promise<void> {
  const resultOf = new Map(results.map((result) => [`${result.base} ${result.id}`, result]));
  const changed: Record<string, Proof | undefined> = {};
  for (const [name, group] of groupFiles(entries)) {
    const found = group.flatMap(({ planned, unmet }) => {
      const result = resultOf.get(`${planned.base} ${planned.id}`);
      return unmet !== undefined || result === undefined ? [] : [result];
    });
    const [first] = found;
    const key = first === undefined ? undefined : keyOf(first);
    if (found.some(isDisproof)) changed[name] = undefined;
    else if (key !== undefined && found.every(isProof))
      changed[name] = {
        key,
        run,
        passed: Object.fromEntries(found.map(({ id, milliseconds }) => [id, milliseconds])),
      };
  }
  if (Object.keys(changed).length > 0) await changeFacts(fileIn(home), changed);
}

/** One that never began, since the run was stopped or no guest came up, says nothing. */
function isDisproof(result: CaseResult): boolean {
  return isRed(result) && result.guest !== undefined;
}

/** One that an earlier run has proven keeps that run's name. */
function isProof({ verdict, provenIn }: CaseResult): boolean {
  return verdict === 'pass' && provenIn === undefined;
}

function groupFiles(entries: readonly PlanEntry[]): Map<string, PlanEntry[]> {
  const groups = new Map<string, PlanEntry[]>();
  for (const entry of entries) {
    const name = nameOf(entry.planned);
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return groups;
}

function nameOf({ base, file }: Pick<PlannedCase, 'base' | 'file'>): string {
  return `${base} ${file}`;
}

function fileIn(home: LabHome): FactFile<Proof> {
  return { path: join(home.facts, 'proofs.json'), shape: z.record(z.string(), proofShape) };
}
