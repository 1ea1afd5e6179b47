import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { labError } from '../harness/core/errors.ts';
import type { Qmp, RunningMachine } from './contracts.ts';
import { checkSocketPath, stateDescriptor } from './machine.ts';

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
  const stop = new AbortController();
  const until = { signal: AbortSignal.any([signal, stop.signal]) };
  const reasons: unknown[] = [];
  const watch = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      reasons.push(error);
      stop.abort(error);
    });
  try {
    const written = once(server, 'connection', until).then(async ([socket]: Socket[]) => {
      if (socket !== undefined) await pipeline(socket, createWriteStream(file), until);
    });
    const writing = watch(written);
    await running.qmp.execute('migrate-set-parameters', { 'max-bandwidth': bytesPerSecond });
    const sent = migrate(running.qmp, 'migrate', `unix:${socketPath}`, signal);
    // A failed write breaks the connection, and with it the migration: its reason comes first.
    // QEMU refuses whatever it is asked for until it has seen that.
    await Promise.all([writing, watch(sent)]);
    if (reasons.length > 0) throw reasons[0];
  } finally {
    stop.abort();
    server.close();
  }
}

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

const progress = z.object({ status: z.string() });
const over = ['completed', 'failed', 'cancelled'];

/**
 * Starts a migration with a QMP command and resolves when it has completed. Rejects with
 * QMP's words when it fails or QEMU goes away, or with the signal's reason.
 */
async function migrate(
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
