import { labError } from '../harness/core/errors.ts';
import type { Base } from './base.ts';
import { v2_6_30 } from './bases/v2.6.30.ts';
import { v6_1 } from './bases/v6.1.ts';

/** Every base the lab knows, the preferred one first. */
export const bases: readonly Base[] = [v2_6_30, v6_1];

/** Returns the base of that name. Throws `base-unknown` (usage), naming those there are. */
export function findBase(name: string, known: readonly Base[] = bases): Base {
  const base = known.find((candidate) => candidate.name === name);
  if (base !== undefined) return base;
  throw labError({
    code: 'base-unknown',
    fault: 'usage',
    doing: 'choosing a base',
    what: `there is no base called ${name}`,
    next: `Use ${known.map((candidate) => candidate.name).join(', ')} or all.`,
  });
}
