import type { Context } from '../../harness/core/context.ts';
import { withLock } from '../../harness/core/lock.ts';
import type { Waiting } from '../../harness/core/lock.ts';
import type { Base } from '../base.ts';
import { treeOf } from './repository.ts';

/**
 * Runs work while no other lab touches a base's tree and build folders, and returns its
 * value. Says when it has to wait; stops waiting at an abort.
 */
export async function withTree<T>(
  base: Base,
  context: Context,
  work: () => Promise<T>,
): Promise<T> {
  return withLock(treeOf(context.home, base), work, waitingFor(base, context));
}

/** Returns what to do while another lab works on the same base. */
export function waitingFor(base: Base, context: Context): Waiting {
  const text = `Another lab is at work on ${base.name} in ${context.home.root}: waiting for it.`;
  return { signal: context.signal, onWait: () => context.emit({ type: 'note', text }) };
}
