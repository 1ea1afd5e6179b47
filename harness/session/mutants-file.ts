import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, labError } from '../core/errors.ts';
import type { Project } from '../core/project.ts';

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

/** Reads a project's list; none is an empty one. Throws a `usage` error for a broken one. */
export async function readEquivalents({
  cases,
  bases,
}: Pick<Project, 'cases' | 'bases'>): Promise<readonly Equivalent[]> {
  const text = await readFile(join(cases, 'mutants.json'), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '[]';
    throw unreadable(String(error));
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
  const parsed = listShape.safeParse(value);
  if (!parsed.success)
    throw unreadable('it is no list of mutants', z.prettifyError(parsed.error).split('\n'));
  const names = bases.map(({ name }) => name);
  const stranger = parsed.data.flatMap((each) => each.bases).find((name) => !names.includes(name));
  if (stranger !== undefined)
    throw unreadable(`the project has no base ${stranger}: ${names.join(', ')}`);
  return parsed.data;
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
