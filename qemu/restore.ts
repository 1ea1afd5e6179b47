import { labError } from '../harness/errors.ts';
import type { Qmp } from './contracts.ts';
import { stateDescriptor } from './machine.ts';
import { migrate } from './migration.ts';

/**
 * Loads a saved state, inherited as a file descriptor, into a machine that was started
 * to receive one. Throws `restore-failed`; QEMU may be gone then.
 */
export async function loadState(qmp: Qmp, path: string, signal: AbortSignal): Promise<void> {
  try {
    await migrate(qmp, 'migrate-incoming', `fd:${stateDescriptor}`, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw labError({
      code: 'restore-failed',
      fault: 'infrastructure',
      doing: 'restoring a saved guest',
      what: `${path}: ${(cause as Error).message}`,
      next: 'Boot the guest instead; the saved one will be made again.',
      cause,
    });
  }
}
