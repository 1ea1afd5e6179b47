import { placeOfHang } from '../../qemu/hang.ts';
import type { ErrorReport } from '../core/events.ts';
import type { Interrogation, Outside } from './live-guest.ts';

/**
 * Asks a guest that no longer answers what it is at, and returns the error for it: the
 * kernel's, which fails the case, if that is proved to hang; else `unproved`, with what there
 * was to learn.
 */
export async function explainHang(
  { interrogate }: Pick<Outside, 'interrogate'>,
  unproved: ErrorReport,
  signal: AbortSignal,
): Promise<ErrorReport> {
  if (interrogate === undefined || signal.aborted) return unproved;
  const asking = interrogate(signal);
  const { lines, stuck } = await asking.catch((error: unknown): Interrogation => ({
    lines: [String(error)],
  }));
  const details = [...(unproved.details ?? []), ...lines];
  const told = details.length === 0 ? {} : { details };
  if (stuck === undefined) {
    const what = [unproved.what, placeOfHang(lines)].filter((part) => part !== undefined);
    return { ...unproved, ...told, what: what.join('; ') };
  }
  return {
    code: 'kernel-hang',
    fault: 'kernel',
    doing: unproved.doing,
    what: `the kernel hangs: ${stuck}; ${unproved.what}`,
    next: 'Read the stacks: who holds what the blocked task waits for, or what the loop waits for?',
    ...told,
  };
}
