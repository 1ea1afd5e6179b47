import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CaseArtefact } from '../core/events.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import type { Vigil } from '../guest/live-guest.ts';

/** Memories that a run keeps: each is some ten MiB, and the first tell as much as the hundredth. */
export const mostMemories = 2;

/** Tells whether one more memory may be kept, and counts it. */
export type MayKeep = () => boolean;

/** Where memories are kept, and whom to tell. */
export interface KeepingSettings extends Pick<Vigil, 'emit' | 'signal'> {
  readonly folder?: string;
  readonly mayKeepMemory: MayKeep;
}

/** Returns what counts a run's memories. */
export function countMemories(): MayKeep {
  let left = mostMemories;
  return () => (left -= 1) >= 0;
}

/**
 * Keeps the memory of a guest whose kernel has failed, as far as QEMU still has it, and returns how
 * to look into it. Throws nothing: a dump that fails is a warning.
 */
export async function keepMemory(
  { dump, name, base }: LiveGuest,
  { folder, mayKeepMemory, emit, signal }: KeepingSettings,
): Promise<CaseArtefact | undefined> {
  if (dump === undefined || folder === undefined || signal.aborted) return undefined;
  if (!mayKeepMemory()) return undefined;
  const core = `memory-${name}`;
  const file = join(folder, `${core}.gz`);
  try {
    await mkdir(folder, { recursive: true });
    await dump(file);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    emit({ type: 'warning', text: `the memory of ${name} could not be kept: ${words}` });
    return undefined;
  }
  return {
    name: 'memory',
    path: `of ${name}`,
    file: basename(file),
    lines: [
      `gunzip --keep ${file}`,
      `gdb -q ${join(folder, `${base}-vmlinux`)} ${join(folder, core)}`,
      'crash reads it too. `bt` shows what the processor was at, `x`, `p` and `list` work as ever.',
    ],
  };
}
