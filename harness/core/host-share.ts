import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { join, relative } from 'node:path';
import { defined } from './defined.ts';

/** What of the host this process may use: affinity and cgroups may leave it less than all. */
export interface HostShare {
  readonly processors: number;
  /** Bytes that it can still get. */
  readonly memory: number;
  /** The limits of its cgroups, as far as there are any. */
  readonly limit: { readonly processors?: number; readonly memory?: number };
}

/** Where to look; tests have folders and a host of their own. */
export interface ShareSources {
  /** Stands for /. */
  readonly root: string;
  readonly processors: number;
  readonly memory: number;
}

/** A cgroup of this process, with the name of its controller where that has one of its own. */
interface Group {
  readonly version: 1 | 2;
  /** Its folder and those it is in, as far as they can be seen. */
  readonly folders: readonly string[];
}

/** Returns what this process may use now. */
export function findHostShare(sources: Partial<ShareSources> = {}): HostShare {
  const { root = '/', processors = availableParallelism(), memory = freemem() } = sources;
  const limits = findGroups(root).flatMap(({ version, folders }) =>
    folders.map((folder) => (version === 1 ? readFirst(folder) : readSecond(folder))),
  );
  const quota = least(limits.map((limit) => limit.processors));
  const most = least(limits.map((limit) => limit.memory));
  const room = least(limits.map((limit) => limit.room)) ?? memory;
  return {
    processors: Math.max(1, Math.min(processors, Math.floor(quota ?? processors))),
    memory: Math.max(0, Math.min(memory, room)),
    limit: {
      ...defined({ processors: quota, memory: most }),
    },
  };
}

/**
 * MiB that a QEMU may have beside its guest's: 96 of translated code (qemu/machine.ts) and 64 of
 * its own, 316 in all seen for a guest of 256 on a host that backs memory with huge pages.
 */
const qemuMemory = 160;

/**
 * Returns how many guests at once that carries: one per processor, as far as the memory is
 * enough for all that each of them may come to have.
 */
export function affordableGuests(
  { processors, memory }: Pick<HostShare, 'processors' | 'memory'>,
  each: number,
): number {
  return Math.max(1, Math.min(processors, Math.floor(memory / 2 ** 20 / (each + qemuMemory))));
}

/**
 * Returns how many compilers at once that carries: one per processor, as far as the memory is
 * enough for each to have 256 MiB. The biggest files of a kernel take 200.
 */
export function affordableCompilers(
  { processors, memory }: Pick<HostShare, 'processors' | 'memory'> = findHostShare(),
): number {
  return Math.max(1, Math.min(processors, Math.floor(memory / 2 ** 20 / 256)));
}

/** What one cgroup leaves: processors, bytes at most, bytes not used yet. */
interface Limits {
  readonly processors: number | undefined;
  readonly memory: number | undefined;
  readonly room: number | undefined;
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html: cpu.max is "QUOTA PERIOD" or "max PERIOD". */
function readSecond(folder: string): Limits {
  const [quota = NaN, period = NaN] = (read(folder, 'cpu.max') ?? '').split(' ').map(Number);
  const most = number(read(folder, 'memory.max'));
  const used = number(read(folder, 'memory.current'));
  return limits(quota / period, most, used, droppable(folder, ''));
}

/** The first version has no limit as -1 or as all of the address space. */
function readFirst(folder: string): Limits {
  const quota = number(read(folder, 'cpu.cfs_quota_us')) ?? -1;
  const period = number(read(folder, 'cpu.cfs_period_us')) ?? NaN;
  const most = number(read(folder, 'memory.limit_in_bytes'));
  const used = number(read(folder, 'memory.usage_in_bytes'));
  const isLimit = most !== undefined && most < 2 ** 60;
  return limits(quota / period, isLimit ? most : undefined, used, droppable(folder, 'total_'));
}

function limits(processors: number, most: number | undefined, used = 0, cached = 0): Limits {
  return {
    processors: processors > 0 ? processors : undefined,
    memory: most,
    room: most === undefined ? undefined : most - Math.max(0, used - cached),
  };
}

/** Bytes that only keep files at hand: they count as used, and go where memory is wanted. */
function droppable(folder: string, prefix: string): number {
  const stat = read(folder, 'memory.stat') ?? '';
  return ['active_file', 'inactive_file']
    .map((name) => new RegExp(`^${prefix}${name} (\\d+)$`, 'm').exec(stat)?.[1])
    .reduce((sum, bytes) => sum + Number(bytes ?? 0), 0);
}

/** Finds this process's cgroups where the host, or the container's runtime, has mounted them. */
function findGroups(root: string): Group[] {
  const own = (read(root, 'proc/self/cgroup') ?? '').split('\n').map((line) => {
    const [, controllers = '', ...path] = line.split(':');
    return { controllers: controllers.split(','), path: path.join(':') };
  });
  return (read(root, 'proc/self/mountinfo') ?? '').split('\n').flatMap((line): Group[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , top = '/', place = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const names = type === 'cgroup2' ? [''] : options.split(',');
    const group = own.find(({ controllers }) => controllers.some((name) => names.includes(name)));
    if (group === undefined) return [];
    const version = type === 'cgroup' ? 1 : 2;
    return [{ version, folders: upwards(join(root, place), relative(top, group.path)) }];
  });
}

/** Returns the folder and all that it is in up to `top`. What lies outside can't be seen there. */
function upwards(top: string, path: string): string[] {
  const names = path.startsWith('..') ? [] : path.split('/').filter((name) => name !== '');
  return names.reduceRight((all, _, index) => [...all, join(top, ...names.slice(0, index + 1))], [
    top,
  ] as string[]);
}

function read(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function number(text: string | undefined): number | undefined {
  const value = Number(text === undefined || text === '' ? NaN : text);
  return Number.isFinite(value) ? value : undefined;
}

function least(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
