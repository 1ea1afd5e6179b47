import { join } from 'node:path';
import { labError } from '../../harness/core/errors.ts';
import type { Base, SanitizerName } from '../base.ts';
import { configFolder } from '../build/fragments.ts';
import { compareReleases } from './ages.ts';

/** What a kernel can have besides to find bugs, at a price that not every run can pay. */
export interface Sanitizer {
  /** What it finds. */
  readonly finds: string;
  /** The first release that has it. */
  readonly from: string;
  /** Whether it is compiled in: kernel/config/sanitizers has a fragment of its name. */
  readonly compiled: boolean;
  readonly commandLine: readonly string[];
  /** By how much a guest's memory is multiplied. */
  readonly memory: number;
  /** By how much deadlines are multiplied. */
  readonly slower: number;
}

export const sanitizers: Readonly<Record<SanitizerName, Sanitizer>> = {
  kasan: {
    finds: 'memory that is used after it was freed, or outside of what was allocated',
    // 4.0 has it, for compilers that nobody has any more.
    from: '6.1',
    compiled: true,
    // The next report is of interest, too.
    commandLine: ['kasan_multi_shot'],
    // An eighth of it is shadow, and what is freed is kept for a while.
    memory: 2,
    slower: 4,
  },
  ubsan: {
    finds: 'arithmetic and indices that C does not define',
    from: '6.1',
    compiled: true,
    commandLine: [],
    memory: 1,
    slower: 1.5,
  },
  slub: {
    finds: 'objects written to after they were freed, or beyond their ends',
    from: '2.6.30',
    compiled: false,
    // Consistency, red zones, poison, and who has allocated and freed.
    commandLine: ['slub_debug=FZPU'],
    memory: 1.5,
    slower: 2,
  },
};

/**
 * Returns a base as it is built and booted with sanitizers. Throws `sanitizer-unfit` (usage) for a
 * kernel that has not got one of them.
 */
export function withSanitizers(base: Base, names: readonly SanitizerName[]): Base {
  return [...new Set(names)].sort().reduce(withSanitizer, base);
}

function withSanitizer(base: Base, name: SanitizerName): Base {
  const { from, compiled, commandLine, memory, slower } = sanitizers[name];
  if (compareReleases(base.release, from) < 0)
    throw labError({
      code: 'sanitizer-unfit',
      fault: 'usage',
      doing: `adding ${name} to a kernel`,
      what: `Linux ${base.release} has it not: the lab builds ${from} and later with it`,
      next: `Leave it out of --with, or name a newer kernel: --base v6.1.`,
    });
  const { guest, config } = base;
  const booted = {
    ...base,
    guest: {
      ...guest,
      commandLine: [...guest.commandLine, ...commandLine],
      memory: Math.round(guest.memory * memory),
      slower: (guest.slower ?? 1) * slower,
    },
  };
  if (!compiled) return booted;
  return {
    ...booted,
    config: { ...config, fragments: [...config.fragments, name] },
    fragmentFiles: { ...base.fragmentFiles, [name]: fragmentFile(name) },
    // What is compiled with it is of no use without.
    builds: `${base.builds ?? base.tree ?? base.name}-${name}`,
  };
}

function fragmentFile(name: SanitizerName): string {
  return join(configFolder, 'sanitizers', `${name}.config`);
}
