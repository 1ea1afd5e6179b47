import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { labError } from './errors.ts';

/** What makes a folder a project. */
export const projectFile = 'lab.config.ts';

/** Where the lab itself lies. */
export const engineRoot = join(import.meta.dirname, '../..');

/**
 * Returns the folder of the project that a command is about: the one named, else the nearest
 * one from `folder` upwards, else the lab's own; undefined where there is none. Throws
 * `project-missing` (usage) for a folder that was named and is none.
 */
export function findProjectFolder(
  folder: string,
  named?: string,
  fallback: string = engineRoot,
): string | undefined {
  if (named !== undefined) {
    const place = resolve(folder, named);
    if (existsSync(join(place, projectFile))) return place;
    throw labError({
      code: 'project-missing',
      fault: 'usage',
      doing: 'looking for the project',
      what: `${place} has no ${projectFile}`,
      next: '`lab new DIR` writes a project; --project names its folder.',
    });
  }
  for (let place = resolve(folder); ; place = dirname(place)) {
    if (existsSync(join(place, projectFile))) return place;
    if (dirname(place) === place) break;
  }
  return existsSync(join(fallback, projectFile)) ? fallback : undefined;
}
