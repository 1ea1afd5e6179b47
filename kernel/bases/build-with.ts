import type { ArchitectureName } from '../../harness/core/architectures.ts';
import { labError } from '../../harness/core/errors.ts';
import type { Base, CompilerName, SanitizerName } from '../base.ts';
import { at, clang, compareReleases, typedObjects } from './ages.ts';
import { onArchitecture } from './architecture.ts';
import { withSanitizers } from './sanitizers.ts';

/** How a user wants kernels built. */
export interface BuildChoice {
  /** Undefined for gcc. */
  readonly compiler?: CompilerName | undefined;
  /** Undefined for the base's own. */
  readonly architecture?: ArchitectureName | undefined;
  readonly sanitizers?: readonly SanitizerName[] | undefined;
}

/**
 * Returns a base as it is built with a compiler and sanitizers for an architecture. Throws
 * `compiler-unfit` and `sanitizer-unfit` (usage) for a kernel that is too old for one of them.
 */
export function buildWith(
  known: Base,
  { compiler = 'gcc', architecture = known.architecture, sanitizers = [] }: BuildChoice,
): Base {
  const base = withSanitizers(onArchitecture(known, architecture), sanitizers);
  if (compiler === 'gcc') return base;
  const whyNot = whyNotClang(base);
  if (whyNot !== undefined)
    throw labError({
      code: 'compiler-unfit',
      fault: 'usage',
      doing: 'choosing a compiler',
      what: `${base.name} can't be built with clang: ${whyNot}`,
      next: 'Leave --compiler out, or name a newer kernel: --base v6.1.',
    });
  // Flags that gcc is given are answers to gcc's own ways, and only old kernels have any.
  const gccOnly = at(typedObjects, base.release).flatMap((pairs) => pairs.map(([name]) => name));
  const variables = Object.entries(base.makeVariables).filter(([name]) => !gccOnly.includes(name));
  return {
    ...base,
    compiler: ['clang'],
    hostCompiler: ['clang'],
    makeVariables: Object.fromEntries([...variables, ...clang.value]),
  };
}

/** Returns what builds a base. */
export function compilerOf({ compiler }: Pick<Base, 'compiler'>): CompilerName {
  return compiler[0] === 'clang' ? 'clang' : 'gcc';
}

/** Returns why a base is not built with clang; undefined if it can be. */
export function whyNotClang({ release }: Pick<Base, 'release'>): string | undefined {
  return compareReleases(release, clang.from) < 0
    ? `Linux ${release} was written for gcc; the lab builds ${clang.from} and later with it`
    : undefined;
}
