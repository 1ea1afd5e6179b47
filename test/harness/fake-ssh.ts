import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { Connection, ServerChannel } from 'ssh2';
import { makeClientKey, makeHostKey } from '../../rootfs/keys.ts';
import type { ShimOptions } from '../../harness/guest/open-shim.ts';

/** What the fake guest does with a channel that asks for a command. */
export type Serve = (channel: ServerChannel, command: string, end: () => void) => void;

export interface FakeSsh {
  readonly options: ShimOptions;
  close(): Promise<void>;
}

const host = makeClientKey('host');
const client = makeClientKey('client');
const hostKey = ssh2.utils.parseKey(host.public);
if (hostKey instanceof Error) throw hostKey;
export const trustedKey = hostKey.getPublicSSH().toString('base64');
export const foreignKey = Buffer.from(makeHostKey().wire).toString('base64');

/** @types/ssh2 knows it of clients only. */
type UntypedConnection = Connection & { setNoDelay(on: boolean): void };

/** Starts an SSH server on loopback that serves each exec as told. */
export async function startFakeSsh(
  serve: Serve,
  change: Partial<ShimOptions> = {},
): Promise<FakeSsh> {
  const open = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    // Where ssh2 has no native cipher it sends a packet in two pieces, and Nagle's delay
    // would hold the second one back for 40 ms.
    (connection as UntypedConnection).setNoDelay(true);
    open.add(connection);
    connection.on('close', () => void open.delete(connection));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => context.accept());
    connection.on('ready', () => {
      connection.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, info) => {
          serve(acceptExec(), info.command, () => void connection.end());
        });
      });
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  const close = () => {
    // A test that failed has left its session open; closing must not wait for it.
    for (const connection of open) connection.end();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  return { options: optionsFor(port, change), close };
}

/** Starts a server that takes connections and says nothing, as a guest that hangs does. */
export async function startMute(change: Partial<ShimOptions> = {}): Promise<FakeSsh> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  return { options: optionsFor(port, change), close };
}

function optionsFor(port: number, change: Partial<ShimOptions>): ShimOptions {
  return {
    port,
    user: 'root',
    clientKey: client.private,
    hostKey: trustedKey,
    deadline: 3000,
    callDeadline: 1000,
    probe: () => Promise.resolve(undefined),
    ...change,
  };
}

/** A shim that greets and answers each request through `answer`; undefined: not at all. */
export function serveShim(
  answer: (words: readonly string[], channel: ServerChannel, end: () => void) => object | undefined,
): Serve {
  return (channel, _command, end) => {
    let rest = '';
    channel.write('{"hello":1}\n');
    channel.on('data', (chunk: Buffer) => {
      rest += chunk.toString();
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [id, ...words] = line.split('\t');
        const said = answer(words, channel, end);
        if (said !== undefined) channel.write(`${JSON.stringify({ id: Number(id), ...said })}\n`);
      }
    });
  };
}
