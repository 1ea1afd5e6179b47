import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { labError } from '../harness/core/errors.ts';
import type { Qmp } from './contracts.ts';
import { createWaiters } from './waiting.ts';

const greeting = z.object({
  QMP: z.object({
    version: z.object({
      qemu: z.object({ major: z.number(), minor: z.number(), micro: z.number() }),
    }),
  }),
});
const success = z.object({ return: z.unknown(), id: z.number() });
const failure = z.object({
  error: z.object({ class: z.string(), desc: z.string() }),
  id: z.number().optional(),
});
const notification = z.object({ event: z.string(), data: z.unknown().optional() });

/** How long a command may take: QEMU answers in milliseconds unless the host is on its knees. */
const defaultPatience = 20_000;

export type QmpClient = Qmp & {
  /** Calls back at every event. */
  onEvent(listener: (name: string, data: unknown) => void): void;
};

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Returns a client on a connected monitor socket. It sends `qmp_capabilities` itself;
 * commands may be given at once, QEMU handles them in order. Every command and every
 * wait fails with `qmp-closed` when QEMU closes the socket.
 */
export function createQmp(socket: Duplex, patience = defaultPatience): QmpClient {
  const pending = new Map<number, Pending>();
  const listeners: ((name: string, data: unknown) => void)[] = [];
  const waiters = createWaiters<{ readonly name: string; readonly data: unknown }>();
  let closed: Error | undefined;
  let lastId = 0;

  function close(): void {
    if (closed !== undefined) return;
    closed = closedError('the machine');
    for (const entry of pending.values()) {
      clearTimeout(entry.timer);
      entry.reject(closedError(entry.command));
    }
    pending.clear();
    waiters.end(closed);
  }

  function settle(id: number): Pending | undefined {
    const entry = pending.get(id);
    pending.delete(id);
    clearTimeout(entry?.timer);
    return entry;
  }

  function receive(line: string): void {
    const message = parseMessage(line);
    if (message === undefined) {
      socket.destroy();
      return;
    }
    const event = notification.safeParse(message);
    if (event.success) {
      const { event: name, data } = event.data;
      for (const listener of listeners) listener(name, data);
      waiters.offer({ name, data });
      return;
    }
    const refused = failure.safeParse(message);
    if (refused.success) {
      const entry = settle(refused.data.id ?? -1);
      entry?.reject(refusedError(entry.command, refused.data.error.desc));
      return;
    }
    const answer = success.safeParse(message);
    if (answer.success) settle(answer.data.id)?.resolve(answer.data.return);
    else if (!greeting.safeParse(message).success) socket.destroy();
  }

  function execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (closed !== undefined) return Promise.reject(closedError(command));
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        pending.delete(id);
        reject(lateError(command, patience));
      }, patience);
      pending.set(id, { command, resolve, reject, timer });
      socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  readLines(socket, receive);
  socket.on('error', close);
  socket.on('close', close);
  execute('qmp_capabilities').catch(() => undefined);
  return {
    execute,
    event: async (name, signal, accept = () => true) =>
      (await waiters.wait((event) => event.name === name && accept(event.data), signal)).data,
    human: async (line) =>
      z.string().parse(await execute('human-monitor-command', { 'command-line': line })),
    onEvent: (listener) => void listeners.push(listener),
  };
}

function readLines(socket: Duplex, receive: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') receive(line);
  });
}

function parseMessage(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function closedError(command: string): Error {
  return labError({
    code: 'qmp-closed',
    fault: 'infrastructure',
    doing: 'talking to QEMU',
    what: `QEMU closed its monitor before it answered ${command}`,
    next: "Look at how QEMU ended; its own words and the guest's console are in the results.",
  });
}

function refusedError(command: string, words: string): Error {
  return labError({
    code: 'qmp-refused',
    fault: 'infrastructure',
    doing: 'talking to QEMU',
    what: `QEMU refused ${command}: ${words}`,
    next: 'Check the QEMU version with `lab doctor`; this is a limit of that version or a bug of the lab.',
  });
}

function lateError(command: string, patience: number): Error {
  return labError({
    code: 'qmp-timeout',
    fault: 'infrastructure',
    doing: 'talking to QEMU',
    what: `QEMU did not answer ${command} within ${patience / 1000} s`,
    next: 'The host is overloaded, or QEMU hangs: run with fewer --jobs.',
  });
}
