import type { Series } from '../../kernel/base.ts';
import type { ArchitectureName } from '../core/architectures.ts';
import type { Needs } from '../suite/registry.ts';

/** What a base has to offer a case in this run. */
export interface BaseOffer {
  readonly name: string;
  /** Of its processor; default x86_64. */
  readonly architecture?: ArchitectureName;
  /** Subjects of the patches that are applied. */
  readonly applied: readonly string[];
  /** Whether one guest runs all of the cases. */
  readonly allInOne?: boolean;
}

/** Returns what a base has to offer with a series applied. */
export function offerOf({ base, patches }: Series): BaseOffer {
  const { name, architecture } = base;
  return { name, architecture, applied: patches.map(({ subject }) => subject) };
}

/** Returns why a base can't serve a case, or undefined if it can. */
export function findUnmet(needs: readonly Needs[], offer: BaseOffer): string | undefined {
  for (const { base, architecture, patch, allInOne } of needs) {
    const names = base === undefined ? undefined : typeof base === 'string' ? [base] : base;
    if (names !== undefined && !namesOf(offer).some((name) => names.includes(name)))
      return `needs base ${names.join(' or ')}, this is ${offer.name}`;
    const processor = architectureOf(offer);
    if (architecture !== undefined && architecture !== processor)
      return `is about ${architecture}, this is ${processor}`;
    const wanted = patchFor(patch, offer);
    if (wanted !== undefined && !offer.applied.includes(wanted))
      return `needs the patch "${wanted}", which is not applied to ${offer.name} in this run`;
    if (allInOne !== undefined && offer.allInOne !== true)
      return 'needs one guest for all cases: --reuse';
  }
  return undefined;
}

/** Returns the subjects of the patches a case needs on a base, each once. */
export function findPatches(needs: readonly Needs[], offer: BaseOffer): readonly string[] {
  const subjects = needs.map(({ patch }) => patchFor(patch, offer));
  return [...new Set(subjects)].filter((subject) => subject !== undefined);
}

function patchFor(patch: Needs['patch'], offer: BaseOffer): string | undefined {
  if (typeof patch !== 'object') return patch;
  return namesOf(offer)
    .map((name) => patch[name])
    .find((subject) => subject !== undefined);
}

function architectureOf({ architecture = 'x86_64' }: BaseOffer): ArchitectureName {
  return architecture;
}

/** Returns what a base goes by: `v2.6.30-i386` is v2.6.30 as well, with its patches. */
export function namesOf(offer: BaseOffer): readonly string[] {
  const { name } = offer;
  const suffix = `-${architectureOf(offer)}`;
  return name.endsWith(suffix) ? [name, name.slice(0, -suffix.length)] : [name];
}
