import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { mergedName } from '../results/merge.ts';
import { linkOrCopy } from '../report/kept-files.ts';
import { artefactsOf } from '../report/red.ts';
import type { StoredRun } from '../results/results-read.ts';

/** A base's files that belong beside a report; its kernel stays with the parts. */
const baseFiles = ['config', 'build.log'];

/**
 * Brings into a merged run's folder what its report names: each part's consoles and images, and
 * of each base the configuration and the build log, from the first part that has them. What did
 * not come with its part is no reason to lose the rest: the report has no link to it then.
 */
export async function bringFiles(runs: readonly StoredRun[], folder: string): Promise<void> {
  for (const [position, { results, folder: from }] of runs.entries()) {
    const own = [
      ...results.guests.map(({ consoleLog }) => consoleLog),
      ...results.cases.flatMap((result) => artefactsOf(result).flatMap(({ file = [] }) => file)),
    ];
    for (const file of new Set(own))
      if (!isAbsolute(file))
        await bring(join(from, file), join(folder, mergedName(position, file)));
    for (const base of results.bases)
      for (const name of baseFiles)
        await bring(join(from, `${base}-${name}`), join(folder, `${base}-${name}`));
  }
}

async function bring(from: string, to: string): Promise<void> {
  const isThere = await access(to).then(
    () => true,
    () => false,
  );
  if (!isThere) await linkOrCopy(from, to).catch(() => undefined);
}
