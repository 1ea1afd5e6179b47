import type { Client, ClientChannel } from 'ssh2';
import { labError } from '../core/errors.ts';
import { onceLate, type KeptTime } from '../core/deadline.ts';
import type { LabError } from '../core/errors.ts';
import type { ErrorCode } from '../core/error-codes.ts';

export interface SshAddress {
  /** Port on 127.0.0.1. */
  readonly port: number;
  readonly user: string;
  /** The client's private key, OpenSSH's form. */
  readonly clientKey: string;
  /** The guest's public host key, base64 of the wire form: any other is refused. */
  readonly hostKey: string;
  /** Milliseconds for connecting, and for opening a channel. */
  readonly deadline: number;
  /** What of them does not count, on a busy host; default nothing. */
  readonly kept?: KeptTime | undefined;
  /** False for a guest that may stand still for as long as it likes: a debugger's. */
  readonly keepalive?: boolean;
}

/** Keepalives tell a dead guest from a busy one: three missed in a row are 15 s of silence. */
const keepalive = { keepaliveInterval: 5000, keepaliveCountMax: 3 };

/**
 * Returns an authenticated connection without Nagle's delay, which costs 40 ms a call.
 * Rejects with an `infrastructure` error that says how far it got.
 */
export async function connectSsh(address: SshAddress): Promise<Client> {
  // Loaded when it is needed: a command that only reads does not pay for it.
  const { default: ssh2 } = await import('ssh2');
  const client = new ssh2.Client();
  const { port, user, clientKey, hostKey, deadline, kept } = address;
  const alive = address.keepalive === false ? {} : keepalive;
  const connecting = new Promise<Client>((resolve, reject) => {
    let stranger = false;
    const fail = (what: string) =>
      reject(
        stranger
          ? sshError('ssh-wrong-host-key', `port ${port} answers with another host key`)
          : sshError('ssh-no-connection', what),
      );
    client.on('ready', () => resolve(client));
    client.on('error', (error) => fail(error.message));
    client.on('close', () => fail('the connection was closed'));
    client.connect({
      host: '127.0.0.1',
      port,
      username: user,
      privateKey: clientKey,
      // It would count what the host gives to others.
      readyTimeout: 0,
      ...alive,
      hostVerifier: (key: Buffer) => {
        stranger = key.toString('base64') !== hostKey;
        return !stranger;
      },
    });
    client.setNoDelay(true);
  });
  return withDeadline(connecting, { deadline, kept }, `no login within ${deadline} ms`).catch(
    (error: unknown) => {
      client.destroy();
      throw error;
    },
  );
}

/** Returns a channel that runs a command. Rejects if the guest does not open it in time. */
export function openChannel(
  client: Client,
  command: string,
  within: Pick<SshAddress, 'deadline' | 'kept'>,
): Promise<ClientChannel> {
  const opening = new Promise<ClientChannel>((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(sshError('ssh-no-channel', `${command}: ${error.message}`));
    });
  });
  return withDeadline(opening, within, `no channel for ${command} within ${within.deadline} ms`);
}

/** Rejects with an `ssh-overdue` error unless `work` settles within so many milliseconds. */
export function withDeadline<T>(
  work: Promise<T>,
  { deadline, kept }: Pick<SshAddress, 'deadline' | 'kept'>,
  what: string,
): Promise<T> {
  let callOff: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    callOff = onceLate(deadline, () => reject(sshError('ssh-overdue', what)), kept);
  });
  return Promise.race([work, late]).finally(() => callOff());
}

function sshError(code: ErrorCode, what: string): LabError {
  return labError({
    code,
    fault: 'infrastructure',
    doing: 'opening a session in the guest',
    what,
    next: "Look at the guest's last console lines: its init says when SSH listens.",
  });
}
