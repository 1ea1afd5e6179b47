import { basename, join } from 'node:path';
import { z } from 'zod';
import { labError } from '../core/errors.ts';
import type { Project } from '../core/project.ts';
import { parseList, readListText, type ListKind } from '../plan/project-list.ts';

/** Where the list of equivalent mutants is, if a project's cases lie where they usually do. */
export const equivalentsFile = 'cases/mutants.json';

const listShape = z.array(
  z.strictObject({
    /** As `lab mutate` names it. */
    id: z.string().regex(/^[0-9a-f]{8}$/),
    bases: z.array(z.string().min(1)).min(1),
    /** For who reads the list: where it is, and what it does. */
    what: z.string().trim().min(1),
    reason: z.string().trim().min(1),
  }),
);

/** A mutant that is no other program, and why no case can catch it. */
export type Equivalent = z.infer<typeof listShape>[number];

const kind: ListKind<Equivalent> = {
  shape: listShape,
  name: 'list of mutants',
  basesOf: ({ bases }) => bases,
  unreadable,
};

/** Reads a project's list; none is an empty one. Throws a `usage` error for a broken one. */
export async function readEquivalents({
  cases,
  bases,
}: Pick<Project, 'cases' | 'bases'>): Promise<readonly Equivalent[]> {
  const text = await readListText(join(cases, basename(equivalentsFile)), kind);
  return parseList(
    text,
    bases.map(({ name }) => name),
    kind,
  );
}

function unreadable(what: string, details: readonly string[] = []): Error {
  return labError({
    code: 'equivalents-unreadable',
    fault: 'usage',
    doing: `reading ${equivalentsFile}`,
    what,
    next: 'Write it as docs/mutate.md shows.',
    details,
  });
}
