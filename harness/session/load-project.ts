import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { labError } from '../core/errors.ts';
import { importCode } from '../core/import-code.ts';
import type { ArtefactRules, Project } from '../core/project.ts';

const aFunction = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function');

const projectShape: z.ZodType<Project> = z.strictObject({
  name: z.string().min(1),
  notices: z.array(z.instanceof(RegExp)).readonly(),
  artefacts: z
    .strictObject({
      name: z.string().min(1),
      placeOf: aFunction as unknown as z.ZodType<ArtefactRules['placeOf']>,
      describe: aFunction as unknown as z.ZodType<ArtefactRules['describe']>,
      more: z.string(),
    })
    .exactOptional(),
  headline: z
    .strictObject({ name: z.string().min(1), cases: z.instanceof(RegExp) })
    .exactOptional(),
  addCommands: (aFunction as unknown as z.ZodType<AddCommands>).exactOptional(),
});

type AddCommands = NonNullable<Project['addCommands']>;

const configFile = 'lab.config.ts';

/**
 * Returns the project of a folder: what its lab.config.ts exports by default, or one without
 * rules of its own. Throws a `usage` error that says what is wrong with the file.
 */
export async function loadProject(root: string): Promise<Project> {
  const path = join(root, configFile);
  if (!existsSync(path)) return { name: basename(root), notices: [] };
  let module: { readonly default?: unknown };
  try {
    module = (await importCode(path)) as typeof module;
  } catch (cause) {
    throw broken(path, cause instanceof Error ? cause.message : String(cause));
  }
  if (module.default === undefined) throw broken(path, 'it exports no project by default');
  const parsed = projectShape.safeParse(module.default);
  if (parsed.success) return parsed.data;
  throw broken(path, 'it is no project', z.prettifyError(parsed.error).split('\n'));
}

function broken(path: string, what: string, details: readonly string[] = []): Error {
  return labError({
    code: 'project-unreadable',
    fault: 'usage',
    doing: `reading ${path}`,
    what,
    details,
    next: 'It is `export default defineProject({ name: …, notices: [] })`: docs/projects.md.',
  });
}
