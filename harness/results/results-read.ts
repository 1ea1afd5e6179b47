import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { ProjectCli } from '../core/project.ts';
import { labError, type LabError } from '../core/errors.ts';
import { resultsSchema, resultsVersion, type Results } from './results.ts';

/** A run's results, and the folder they were read from. */
export interface StoredRun {
  readonly results: Results;
  readonly folder: string;
}

/**
 * Reads a run's results. A run is named by its folder, its results.json, or its name under
 * results/, `latest` included. Throws a `usage` error for what is none.
 */
export async function readRun(
  word: string,
  cli: Pick<ProjectCli, 'folder' | 'project'>,
): Promise<StoredRun> {
  const path = await findResults(word, cli);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  });
  return { results: parseResults(text, path), folder: dirname(path) };
}

async function findResults(
  word: string,
  cli: Pick<ProjectCli, 'folder' | 'project'>,
): Promise<string> {
  for (const place of [resolve(cli.folder, word), join(cli.project.results, word)]) {
    const found = await stat(place).catch(() => undefined);
    if (found?.isDirectory() === true) return join(place, 'results.json');
    if (found?.isFile() === true) return place;
  }
  throw labError({
    code: 'run-missing',
    fault: 'usage',
    doing: "reading a run's results",
    what: `there is no ${word}, neither here nor under results/`,
    next: 'Name a run folder, its results.json, or latest.',
  });
}

/** Returns results read from text, checked. Throws a `usage` error that names the path. */
export function parseResults(text: string, path: string): Results {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
  const parsed = resultsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreadable(
    path,
    `it is not what version ${resultsVersion} of the schema describes`,
    z.prettifyError(parsed.error).split('\n').slice(0, 10),
  );
}

function unreadable(path: string, what: string, details: readonly string[] = []): LabError {
  return labError({
    code: 'results-unreadable',
    fault: 'usage',
    doing: "reading a run's results",
    what: `${path}: ${what}`,
    next: 'Name a run that this version of the lab has written to its end.',
    details,
  });
}
