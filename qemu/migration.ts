import { z } from 'zod';
import type { Qmp } from './contracts.ts';

const progress = z.object({ status: z.string() });
const over = ['completed', 'failed', 'cancelled'];

/**
 * Starts a migration with a QMP command and resolves when it has completed. Rejects with
 * QMP's words when it fails or QEMU goes away, or with the signal's reason.
 */
export async function migrate(
  qmp: Qmp,
  command: 'migrate' | 'migrate-incoming',
  uri: string,
  signal: AbortSignal,
): Promise<void> {
  const isOver = (data: unknown) => over.includes(progress.parse(data).status);
  const [end] = await Promise.all([
    qmp.event('MIGRATION', signal, isOver),
    qmp.execute('migrate-set-capabilities', {
      capabilities: [{ capability: 'events', state: true }],
    }),
    qmp.execute(command, { uri }),
  ]);
  const { status } = progress.parse(end);
  if (status !== 'completed') throw new Error(`QEMU reports the migration as ${status}`);
}
