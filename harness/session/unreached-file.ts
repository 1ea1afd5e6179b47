import { relative } from 'node:path';
import { z } from 'zod';
import { unreachedKinds, type Unreached } from '../core/coverage.ts';
import { labError } from '../core/errors.ts';
import type { Project } from '../core/project.ts';
import { parseList, readListText } from '../plan/project-list.ts';

const words = z.string().trim().min(1);

const listShape = z.array(
  z.strictObject({
    file: words,
    function: z.string().regex(/^\w+$/),
    lines: z.array(words).min(1).optional(),
    after: z.array(words).min(1).optional(),
    bases: z.array(words).min(1).optional(),
    kind: z.enum(unreachedKinds),
    reason: words,
  }),
);

/** Reads a project's list of lines that no case runs. Throws `unreached-unreadable` (usage). */
export async function readUnreached({
  unreached,
  bases,
  root,
}: Pick<Project, 'unreached' | 'bases' | 'root'>): Promise<readonly Unreached[]> {
  if (unreached === undefined) return [];
  const unreadable = (what: string, details: readonly string[] = []) =>
    labError({
      ...{ code: 'unreached-unreadable', fault: 'usage', what, details },
      doing: `reading ${relative(root, unreached)}`,
      next: 'Write it as docs/coverage.md shows.',
    });
  return parseList(
    await readListText(unreached, { unreadable }),
    bases.map(({ name }) => name),
    {
      shape: listShape,
      name: 'list of lines that no case runs',
      basesOf: (row: Unreached) => row.bases ?? [],
      unreadable,
    },
  );
}
