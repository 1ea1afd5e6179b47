import type { ChildProcess } from 'node:child_process';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { labError } from '../harness/core/errors.ts';
import { openConsole, type ConsoleFeed } from './console.ts';
import type { LaunchOptions, Machine, MachineEnd, RunningMachine } from './contracts.ts';
import { endError, startError } from './ending.ts';
import {
  consoleDescriptor,
  coverageDescriptor,
  machineArguments,
  qmpDescriptor,
} from './machine.ts';
import { openCoverage } from './plugin/feed.ts';
import { qemuCommand } from './program.ts';
import { createQmp, type QmpClient } from './qmp.ts';
import { loadState } from './snapshot.ts';
import { openSpool, type Spool } from './spool.ts';
import { spawnTied } from './tied.ts';
import { defined } from '../harness/core/defined.ts';

/** How long QEMU gets to leave by itself when asked, in milliseconds. */
const quitPatience = 1000;

/** QEMU's own words are few; a device that repeats itself must not fill the memory. */
const keptStderr = 65_536;

/**
 * Starts a machine and returns it once its processors run, booting its kernel or going
 * on from a saved state (`how`). It ends with this process, however that ends, and when
 * the signal is aborted. Throws `infrastructure` errors: `qemu-missing`,
 * `setpriv-missing`, `qemu-start-failed` with QEMU's words, `restore-failed`,
 * `socket-path-too-long`, `console-log-failed`; and the signal's reason.
 */
export async function launchMachine(
  machine: Machine,
  options: LaunchOptions,
): Promise<RunningMachine> {
  options.signal.throwIfAborted();
  const command = qemuCommand(machine.architecture);
  const restoring = options.restoreFrom !== undefined;
  const { name, gdb, coverage } = options;
  const wiring = { name, restoring, gdb, coverage };
  const argv = [command, ...machineArguments(machine, wiring)];
  await mkdir(options.folder, { recursive: true });
  const state = await openState(options.restoreFrom);
  const spool = openSpool(options.consoleLog);
  const child = spawnTied(argv, [
    'ignore',
    'ignore',
    'pipe',
    'pipe',
    'pipe',
    state?.fd ?? 'ignore',
    coverage === undefined ? 'ignore' : 'pipe',
  ]);
  const running = watch(child, machine, { ...options, argv, spool });
  const kill = () => void child.kill('SIGKILL');
  options.signal.addEventListener('abort', kill, { once: true });
  void running.ended.then(() => options.signal.removeEventListener('abort', kill));
  try {
    const sshPort = await start(running.qmp, options);
    return { ...running, sshPort };
  } catch (error) {
    kill();
    const end = await running.ended;
    options.signal.throwIfAborted();
    throw startError(command, end, error);
  } finally {
    await state?.close();
  }
}

async function openState(path: string | undefined): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined;
  return open(path, 'r').catch((cause: unknown) => {
    throw labError({
      code: 'restore-failed',
      fault: 'infrastructure',
      doing: 'opening a saved guest',
      what: `${path}: ${(cause as Error).message}`,
      next: 'Boot the guest instead; the saved one will be made again.',
      cause,
    });
  });
}

type Watched = Omit<RunningMachine, 'sshPort' | 'qmp'> & { readonly qmp: QmpClient };

/** Wires a started QEMU: console, monitor, its end. */
function watch(
  child: ChildProcess,
  machine: Machine,
  options: LaunchOptions & { readonly argv: readonly string[]; readonly spool: Spool },
): Watched {
  const qmp = createQmp(child.stdio[qmpDescriptor] as Socket);
  const feed = openConsole(
    child.stdio[consoleDescriptor] as Socket,
    options.spool,
    options.notices,
  );
  const coverage = (child.stdio as readonly unknown[])[coverageDescriptor];
  const ended = watchEnd(child, qmp, feed);
  return {
    name: options.name,
    machine,
    pid: child.pid ?? 0,
    folder: options.folder,
    qmp,
    console: feed,
    ...(coverage instanceof Duplex ? { coverage: openCoverage(coverage) } : {}),
    argv: options.argv,
    how: options.restoreFrom === undefined ? 'booted' : 'restored',
    ended,
    kill: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), quitPatience);
      qmp.execute('quit').catch(() => child.kill('SIGKILL'));
      const end = await ended;
      clearTimeout(timer);
      return end;
    },
  };
}

function watchEnd(child: ChildProcess, qmp: QmpClient, feed: ConsoleFeed): Promise<MachineEnd> {
  let stderr = '';
  let reason: string | undefined;
  let spawnError: Error | undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-keptStderr);
  });
  child.once('error', (error) => (spawnError = error));
  qmp.onEvent((name, data) => {
    if (name === 'SHUTDOWN') reason = (data as { reason?: string }).reason;
  });
  return new Promise((resolve) => {
    // `close` comes after the last byte of every inherited socket has been read.
    child.once('close', (status, signal) => {
      const words = spawnError === undefined ? stderr : `${stderr}${spawnError.message}`;
      const end = { status, signal, stderr: words, ...defined({ reason }) };
      feed.end(() => endError(end, feed));
      resolve(end);
    });
  });
}

/** Learns the port, loads the state if there is one, and lets the processors run. */
async function start(qmp: QmpClient, options: LaunchOptions): Promise<number> {
  if (options.restoreFrom !== undefined) await loadState(qmp, options.restoreFrom, options.signal);
  const [text] = await Promise.all([
    qmp.human('info usernet'),
    options.gdb === undefined ? qmp.execute('cont') : undefined,
  ]);
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(text)?.[1];
  if (port !== undefined) return Number(port);
  throw labError({
    code: 'qemu-port-unknown',
    fault: 'infrastructure',
    doing: "learning the guest's SSH port from QEMU",
    what: '`info usernet` names no forwarded port',
    next: 'Check the QEMU version with `lab doctor`: its answer has another form than the lab knows.',
    details: text.split(/\r?\n/),
  });
}
