import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PatchCoverage } from '../core/coverage.ts';

/** What the last run of `lab coverage` that is still kept has covered of a base. */
export interface LastCoverage {
  /** The run's folder. */
  readonly folder: string;
  readonly cases: number;
  readonly patches: readonly PatchCoverage[];
}

const counted = {
  withCode: z.number(),
  reached: z.number(),
  // Nobody asked for reasons once.
  explained: z.number().default(0),
  leftOut: z.number(),
};
const shape = z.object({
  bases: z.array(
    z.object({
      base: z.string(),
      cases: z.array(z.string()),
      patches: z.array(z.object({ number: z.number(), subject: z.string(), ...counted })),
    }),
  ),
});

/** Returns it from a folder of run folders, whose names sort by date; undefined if there is none. */
export async function findLastCoverage(
  results: string,
  base: string,
): Promise<LastCoverage | undefined> {
  const entries = await readdir(results, { withFileTypes: true }).catch(() => []);
  // Not `latest`, which is a link to one of them.
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const name of folders.sort().reverse()) {
    const folder = join(results, name);
    const text = await readFile(join(folder, 'coverage.json'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const found = shape.parse(JSON.parse(text)).bases.find((entry) => entry.base === base);
    if (found !== undefined) return { folder, cases: found.cases.length, patches: found.patches };
  }
  return undefined;
}
