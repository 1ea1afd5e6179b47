import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, isLabError } from '../core/errors.ts';
import { isRunName } from '../report/folder.ts';
import { addToHistory, readHistory, type History } from '../results/history.ts';
import { parseResults } from '../results/results-read.ts';
import type { Results } from '../results/results.ts';

/**
 * Returns the history of a results folder. Runs whose folders are there and that it does not
 * have, say of an older lab or brought from CI, are added first, if the folder can be written.
 */
export async function catchUp(root: string): Promise<History> {
  const known = await readHistory(root);
  const folders = await readdir(root).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const found: Results[] = [];
  for (const folder of folders.filter((name) => isRunName(name) && !known.names.has(name))) {
    const results = await readResults(join(root, folder, 'results.json'));
    if (results?.run === folder && results.time >= known.since) found.push(results);
  }
  if (found.length === 0) return known;
  await addToHistory(root, found).catch((error: unknown) => {
    if (!isLabError(error) && !hasCode(error, 'EACCES', 'EROFS')) throw error;
  });
  return readHistory(root);
}

/** A run that goes on, or was killed, has no results yet; those of an older form say nothing. */
async function readResults(path: string): Promise<Results | undefined> {
  try {
    return parseResults(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (isLabError(error) || hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
