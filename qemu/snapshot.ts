import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { labError } from '../harness/core/errors.ts';
import type { RunningMachine } from './contracts.ts';
import { checkSocketPath } from './machine.ts';
import { migrate } from './migration.ts';

export interface SavedGuest {
  readonly path: string;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** No limit that a local socket could reach: QEMU's default would make a save wait. */
const bytesPerSecond = 2 ** 40;

/**
 * Saves a guest's whole state to a file, for LaunchOptions.restoreFrom. The guest is
 * stopped and stays so: let it go on with QMP's `cont`, or kill the machine. The file
 * appears under its name only when it is whole. Throws `save-failed` with the reason, and
 * leaves no file then.
 */
export async function saveGuest(
  running: RunningMachine,
  path: string,
  signal: AbortSignal,
): Promise<SavedGuest> {
  const started = performance.now();
  const partial = `${path}.partial`;
  try {
    await running.qmp.execute('stop');
    await receiveState(running, partial, signal);
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    signal.throwIfAborted();
    throw labError({
      code: 'save-failed',
      fault: 'infrastructure',
      doing: `saving the guest ${running.name}`,
      what: `${path}: ${(cause as Error).message}`,
      next: 'Make room on that disk, or name another with LAB_HOME.',
      cause,
    });
  }
  const { size } = await stat(path);
  return { path, bytes: size, milliseconds: performance.now() - started };
}

/**
 * QEMU sends the state to a socket of the lab's and the lab writes the file: so a full
 * disk is noticed here, with its own error, whatever QEMU makes of it.
 */
async function receiveState(
  running: RunningMachine,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const socketPath = join(running.folder, 'state.socket');
  checkSocketPath(socketPath);
  const server = createServer();
  server.listen(socketPath);
  await once(server, 'listening', { signal });
  try {
    const written = once(server, 'connection', { signal }).then(async ([socket]: Socket[]) => {
      if (socket !== undefined) await pipeline(socket, createWriteStream(file), { signal });
    });
    await running.qmp.execute('migrate-set-parameters', { 'max-bandwidth': bytesPerSecond });
    const sent = migrate(running.qmp, 'migrate', `unix:${socketPath}`, signal);
    // A failed write breaks the connection, and with it the migration: its reason comes first.
    await Promise.all([written, sent]);
  } finally {
    server.close();
  }
}
