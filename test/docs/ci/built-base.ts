import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findLabHome } from '../../../harness/core/home.ts';
import { bases } from '../../../kernel/bases.ts';
import { readFragments } from '../../../kernel/build/fragments.ts';
import { imageKey } from '../../../kernel/image.ts';
import { readSeries } from '../../../kernel/series/series.ts';
import { findSource } from '../../../kernel/source/source-record.ts';

const home = findLabHome();

async function findBuilt(): Promise<string | undefined> {
  for (const base of bases) {
    const source = await findSource(base, home);
    if (source === undefined) continue;
    const key = await imageKey(source, await readSeries(base), await readFragments(base));
    if (existsSync(join(home.images, key))) return base.name;
  }
  return undefined;
}

/** A base whose kernel with the whole series, as it is here, is in the lab home. */
export const builtBase = await findBuilt();

/** Why there is none, or false; for node:test's `skip`. */
export const noBuiltBase =
  builtBase === undefined &&
  `no kernel with the series as it is here in ${home.images}: \`npm run lab\` builds one`;
