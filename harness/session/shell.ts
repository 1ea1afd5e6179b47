import type { ClientChannel } from 'ssh2';
import type { Rootfs } from '../../rootfs/rootfs.ts';
import type { Cli } from '../core/cli-context.ts';
import { labError } from '../core/errors.ts';
import { connectSsh } from '../guest/ssh.ts';

/** A login takes 0.3 s under TCG; this is for a host that does much else. Milliseconds. */
const loginDeadline = 30_000;

export type ShellAddress = Pick<Rootfs, 'userName' | 'hostKey' | 'clientKey'> & {
  readonly port: number;
};

/**
 * Ties the caller's terminal to a shell in the guest until that ends. Commands can also be
 * piped in: without a terminal there is none in the guest either. Throws an
 * `infrastructure` error if the login fails, or the signal's reason.
 */
export async function openShell(
  { port, userName, hostKey, clientKey }: ShellAddress,
  { stdout }: Pick<Cli, 'stdout'>,
  signal: AbortSignal,
  stdin: NodeJS.ReadStream = process.stdin,
): Promise<void> {
  const address = { port, user: userName, hostKey, clientKey, deadline: loginDeadline };
  const client = await connectSsh(address);
  const isTerminal = stdin.isTTY && stdout.isTTY;
  try {
    const pty = { term: process.env['TERM'] ?? 'vt100', ...sizeOf(stdout) };
    const channel = await new Promise<ClientChannel>((resolve, reject) =>
      client.shell(isTerminal ? pty : false, (error, opened) => {
        if (error === undefined) resolve(opened);
        else reject(noShell(error));
      }),
    );
    await join(channel, stdin, stdout, signal, isTerminal);
  } finally {
    client.end();
  }
}

function sizeOf({ columns, rows }: NodeJS.WriteStream) {
  return { cols: columns, rows, width: 0, height: 0 };
}

async function join(
  channel: ClientChannel,
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  signal: AbortSignal,
  isTerminal: boolean,
): Promise<void> {
  const resize = () => channel.setWindow(stdout.rows, stdout.columns, 0, 0);
  // Ctrl-C belongs to the guest's shell as long as that is there.
  if (isTerminal) stdin.setRawMode(true);
  stdout.on('resize', resize);
  channel.pipe(stdout, { end: false });
  channel.stderr.pipe(stdout, { end: false });
  stdin.pipe(channel);
  try {
    await new Promise<void>((resolve, reject) => {
      channel.on('close', resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  } finally {
    stdout.off('resize', resize);
    stdin.unpipe(channel);
    stdin.pause();
    if (isTerminal) stdin.setRawMode(false);
  }
}

function noShell(cause: Error): Error {
  return labError({
    code: 'shell-refused',
    fault: 'infrastructure',
    doing: 'opening a shell in the guest',
    what: cause.message,
    next: "Look at the guest's console; `lab run` tells whether it works at all.",
    cause,
  });
}
