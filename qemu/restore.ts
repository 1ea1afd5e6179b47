import { z } from 'zod';
import { labError } from '../harness/core/errors.ts';
import type { Qmp } from './contracts.ts';
import { stateDescriptor } from './machine.ts';
import { migrate } from './migration.ts';

const version = z.object({ qemu: z.object({ major: z.number(), minor: z.number() }) });

/**
 * Loads a saved state, also inherited as a file descriptor, into a machine that was started
 * to receive one. Throws `restore-failed`; QEMU may be gone then.
 */
export async function loadState(qmp: Qmp, path: string, signal: AbortSignal): Promise<void> {
  try {
    const { qemu } = version.parse(await qmp.execute('query-version'));
    await migrate(qmp, 'migrate-incoming', sourceOf(path, qemu), signal);
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

/** QEMU reads files by name since 8.2, and since 9.1 it does not want them as descriptors. */
function sourceOf(path: string, { major, minor }: { major: number; minor: number }): string {
  return major > 8 || (major === 8 && minor >= 2) ? `file:${path}` : `fd:${stateDescriptor}`;
}
