import type { Series } from '../../kernel/base.ts';
import type { Needs } from '../suite/registry.ts';

/** What a base has to offer a case in this run. */
export interface BaseOffer {
  readonly name: string;
  /** Subjects of the patches that are applied. */
  readonly applied: readonly string[];
  /** Whether one guest runs all of the cases. */
  readonly allInOne?: boolean;
}

/** Returns what a base has to offer with a series applied. */
export function offerOf({ base, patches }: Series): BaseOffer {
  return { name: base.name, applied: patches.map(({ subject }) => subject) };
}

/** Returns why a base can't serve a case, or undefined if it can. */
export function findUnmet(needs: readonly Needs[], offer: BaseOffer): string | undefined {
  for (const { base, patch, allInOne } of needs) {
    const names = base === undefined ? undefined : typeof base === 'string' ? [base] : base;
    if (names !== undefined && !names.includes(offer.name))
      return `needs base ${names.join(' or ')}, this is ${offer.name}`;
    const wanted = patchFor(patch, offer.name);
    if (wanted !== undefined && !offer.applied.includes(wanted))
      return `needs the patch "${wanted}", which is not applied to ${offer.name} in this run`;
    if (allInOne !== undefined && offer.allInOne !== true)
      return 'needs one guest for all cases: --reuse';
  }
  return undefined;
}

/** Returns the subjects of the patches a case needs on a base, each once. */
export function findPatches(needs: readonly Needs[], base: string): readonly string[] {
  const subjects = needs.map(({ patch }) => patchFor(patch, base));
  return [...new Set(subjects)].filter((subject) => subject !== undefined);
}

function patchFor(patch: Needs['patch'], base: string): string | undefined {
  return typeof patch === 'object' ? patch[base] : patch;
}
