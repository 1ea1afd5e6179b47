import { basename, join } from 'node:path';
import { z } from 'zod';
import { labError } from '../core/errors.ts';
import type { CaseResult, PlannedCase } from '../core/events.ts';
import type { Project } from '../core/project.ts';
import type { ListedCase, Mistake } from '../suite/listing.ts';
import type { Judgement } from '../results/verdict.ts';
import { parseList, readListText, type ListKind } from './project-list.ts';

/** Where the list of known failures is, if a project's cases lie where they usually do. */
export const knownFile = 'cases/known.json';

const pattern = z
  .string()
  .min(1)
  .transform((text, check) => {
    try {
      return new RegExp(text);
    } catch (error) {
      check.addIssue(String(error));
      return z.NEVER;
    }
  });

const listShape = z.array(
  z.strictObject({
    base: z.string().min(1),
    /** Matches `file > suite > test`, as --grep does. */
    case: pattern,
    reason: z.string().trim().min(1),
    /** Matches why it fails; without it any failed assertion is the known one. */
    failure: pattern.optional(),
  }),
);

/** A case that is known to fail on a base, and why. */
export type KnownFailure = z.infer<typeof listShape>[number];

const kind: ListKind<KnownFailure> = {
  shape: listShape,
  name: 'list of known failures',
  basesOf: ({ base }) => [base],
  unreadable,
};

/** Reads a project's list; none is an empty one. Throws a `usage` error for a broken one. */
export async function readKnown({
  cases,
  bases,
}: Pick<Project, 'cases' | 'bases'>): Promise<readonly KnownFailure[]> {
  const text = await readListText(join(cases, basename(knownFile)), kind);
  return parseKnown(
    text,
    bases.map(({ name }) => name),
  );
}

/** Returns the list that a text holds. Throws a `usage` error that says where it is wrong. */
export function parseKnown(text: string, names: readonly string[]): readonly KnownFailure[] {
  return parseList(text, names, kind);
}

/** Returns the first entry that a case is on the list with, by any of the names of its base. */
export function findKnown(
  known: readonly KnownFailure[],
  { id }: Pick<PlannedCase, 'id'>,
  bases: readonly string[],
): KnownFailure | undefined {
  return known.find((entry) => bases.includes(entry.base) && entry.case.test(id));
}

/** Returns a mistake for each entry that no case of the whole listing is meant by. */
export function findStale(
  known: readonly KnownFailure[],
  cases: readonly ListedCase[],
): readonly Mistake[] {
  const ids = cases.map(({ file, suite, test }) => `${file} > ${suite} > ${test}`);
  return known
    .filter((entry) => !ids.some((id) => entry.case.test(id)))
    .map((entry) => ({
      file: knownFile,
      suite: 'known failures',
      test: entry.case.source,
      code: 'known-failure-of-no-case',
      what: `no case is called that, and so none can be known to fail: ${entry.reason}`,
      next: 'Correct the expression, or take the entry off the list.',
    }));
}

/**
 * Returns a judgement in the light of the list of known failures. Only what the list tells
 * of is excused: a complaint of the kernel is, where the entry's own expression matches it,
 * and a case that can't be judged never is. One that passes is an error of the list, which
 * would hide the day on which it fails again.
 */
export function applyKnown(
  { complaint, ...judgement }: Judgement,
  entry: KnownFailure | undefined,
): Pick<CaseResult, 'verdict' | 'reason' | 'assertion' | 'error' | 'known'> {
  if (entry === undefined) return judgement;
  const { verdict, reason = '', assertion } = judgement;
  if (verdict === 'pass') return staleEntry(entry);
  if (verdict !== 'fail') return judgement;
  const expected =
    entry.failure?.test(reason) ?? (assertion !== undefined && complaint === undefined);
  if (expected) return { ...judgement, known: entry.reason };
  return {
    ...judgement,
    reason: `${reason}; what is known of it is another failure: ${entry.reason}`,
  };
}

function staleEntry({ reason }: KnownFailure): Judgement {
  const error = {
    code: 'known-failure-passes',
    fault: 'case',
    doing: 'comparing a case with the list of known failures',
    what: `it passes, though known to fail: ${reason}`,
    next: `If it passes each time, take it off ${knownFile}: as long as it stands there, nobody is told when it fails again.`,
  } as const;
  return { verdict: 'error', reason: labError(error).message, error };
}

function unreadable(what: string, details: readonly string[] = []): Error {
  return labError({
    ...{ code: 'known-failures-unreadable', fault: 'usage', doing: `reading ${knownFile}` },
    what,
    details,
    next: 'It is a list of {"base", "case", "reason"}: docs/writing-cases.md has an example.',
  });
}
