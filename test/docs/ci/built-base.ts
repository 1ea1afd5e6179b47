import { resolve } from 'node:path';
import { findLabHome } from '../../../harness/core/home.ts';
import { loadProject } from '../../../harness/session/load-project.ts';
import { findImage } from '../../../kernel/image.ts';

const home = findLabHome();

async function findBuilt(): Promise<string | undefined> {
  const { bases } = await loadProject(resolve(import.meta.dirname, '../../..'));
  for (const base of bases) if ((await findImage({ base }, home)) !== undefined) return base.name;
  return undefined;
}

/** A base whose kernel with the whole series, as it is here, is in the lab home. */
export const builtBase = await findBuilt();

/** Why there is none, or false; for node:test's `skip`. */
export const noBuiltBase =
  builtBase === undefined &&
  `no kernel with the series as it is here in ${home.images}: \`npm run lab\` builds one`;
