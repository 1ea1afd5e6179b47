import { architectures } from '../harness/core/architectures.ts';
import { labError } from '../harness/core/errors.ts';
import type { Base } from './base.ts';
import { onArchitecture } from './bases/architecture.ts';
import { v2_6_30 } from './bases/v2.6.30.ts';
import { v6_1 } from './bases/v6.1.ts';

/** Every base the lab knows, the preferred one first. */
export const bases: readonly Base[] = [v2_6_30, v6_1];

/**
 * Returns the base of that name: `v6.1`, or `v6.1-arm64` for the same on another architecture.
 * Throws `base-unknown` (usage), naming those there are.
 */
export function findBase(name: string, known: readonly Base[] = bases): Base {
  const base = known.find((candidate) => candidate.name === name);
  if (base !== undefined) return base;
  for (const { name: architecture } of Object.values(architectures))
    for (const candidate of known)
      if (name === `${candidate.name}-${architecture}`)
        return onArchitecture(candidate, architecture);
  throw labError({
    code: 'base-unknown',
    fault: 'usage',
    doing: 'choosing a base',
    what: `there is no base called ${name}`,
    next: `Use ${known.map((candidate) => candidate.name).join(', ')} or all.`,
  });
}
