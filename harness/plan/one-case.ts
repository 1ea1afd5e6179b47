import { findCaseFiles, listCases } from '../suite/list-cases.ts';
import { labError } from '../core/errors.ts';
import type { Project } from '../core/project.ts';
import type { CaseFile } from '../suite/host-protocol.ts';
import type { Listing } from '../suite/listing.ts';
import type { BaseOffer } from './needs.ts';
import { buildPlan, type PlanEntry } from './plan.ts';

/** A case, whatever the series it is run on. */
export interface OneCase {
  readonly id: string;
  /** Returns the case as a plan has it, that many times. */
  on(base: BaseOffer, repeat?: number): readonly PlanEntry[];
}

/**
 * Returns the one case whose file, suite or name an expression matches. Throws a `usage`
 * error if there is none, if there are several, and if its file can't be read.
 */
export async function findOneCase(
  expression: RegExp,
  base: BaseOffer,
  project: Pick<Project, 'root' | 'cases'>,
): Promise<OneCase> {
  const files = await findCaseFiles([], project);
  return selectOneCase(expression, base, await listCases(files, project.root), files);
}

/** Returns the one case of a listing that an expression matches. Throws a `usage` error. */
export function selectOneCase(
  grep: RegExp,
  base: BaseOffer,
  listing: Listing,
  files: readonly CaseFile[],
): OneCase {
  const on = (offer: BaseOffer, repeat = 1) =>
    buildPlan({ listing, files, bases: [offer], grep, repeat, ci: false, durations: {} }).entries;
  const found = on(base);
  const [entry] = found;
  if (found.length !== 1 || entry === undefined)
    throw refuse(
      `${grep.source} matches ${found.length} cases`,
      'Give an expression that one of them alone matches; its end is $.',
      found.slice(0, 10).map(({ planned }) => planned.id),
    );
  if (entry.mistake !== undefined)
    throw refuse(`${entry.planned.id}: ${entry.mistake.what}`, entry.mistake.next);
  return { id: entry.planned.id, on };
}

/**
 * Returns a case once, as a plan has it. Throws a `usage` error if the base can't serve it:
 * who wants to look at a case that is skipped would see nothing.
 */
export function planOneCase(chosen: OneCase, base: BaseOffer, doing: string): readonly PlanEntry[] {
  const entries = chosen.on(base);
  const unmet = entries[0]?.unmet;
  if (unmet === undefined) return entries;
  throw labError({
    code: 'case-would-skip',
    fault: 'usage',
    doing: `${doing} ${chosen.id}`,
    what: `it would be skipped: ${unmet}`,
    next: 'Choose another prefix with --upto, or another --base.',
  });
}

function refuse(what: string, next: string, details: readonly string[] = []): Error {
  return labError({
    code: 'case-not-chosen',
    fault: 'usage',
    doing: 'choosing the case',
    what,
    next,
    details,
  });
}
