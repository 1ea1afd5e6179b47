import type { Client, ClientChannel } from 'ssh2';
import type { ErrorReport } from '../core/events.ts';
import { isLabError, labError, revive } from '../core/errors.ts';
import type { LabError } from '../core/errors.ts';
import { speakToShim } from './shim-client.ts';
import type { ShimClient } from './shim-client.ts';
import { connectSsh, openChannel, withDeadline } from './ssh.ts';
import type { SshAddress } from './ssh.ts';

export interface ShimOptions extends SshAddress {
  /** Milliseconds a call of the shim may take unless it says otherwise. */
  readonly callDeadline: number;
  /**
   * Asked when the connection is gone: whether the machine has ended, or what its console
   * says. Undefined if neither tells anything.
   */
  readonly probe: () => Promise<ErrorReport | undefined>;
}

const shimCommand = 'shim serve';

/**
 * Connects to a guest, starts its resident shim and returns it once it has greeted. Rejects with an `infrastructure` error that says how far it got, or with the
 * probe's error if the guest died meanwhile.
 */
export async function openShim(options: ShimOptions): Promise<ShimClient> {
  const client = await connectSsh(options).catch(async (error: unknown) => {
    throw await explain(error, options);
  });
  try {
    const channel = await openChannel(client, shimCommand, options);
    return await watch(client, channel, options);
  } catch (error) {
    client.destroy();
    throw await explain(error, options);
  }
}

async function watch(
  client: Client,
  channel: ClientChannel,
  options: ShimOptions,
): Promise<ShimClient> {
  let closed = false;
  let lose: (error: LabError) => void = () => undefined;
  const lost = new Promise<LabError>((resolve) => (lose = resolve));
  const { hello, fail, ...speech } = speakToShim(channel, {
    deadline: options.callDeadline,
    onGarbage: (error) => end(error),
  });
  let ending = false;
  const end = (error: LabError) => {
    if (ending) return;
    ending = true;
    // Calls wait for the probe's answer: it knows more than a connection that is gone.
    void explain(error, options).then((known) => {
      fail(known);
      if (!closed) lose(known);
      client.destroy();
    });
  };
  let exit: string | undefined;
  let words = '';
  channel.stderr.on(
    'data',
    (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2000)),
  );
  channel.on('exit', (status: number | null, signal?: string) => {
    exit = status === null ? `signal ${signal ?? 'unknown'}` : `status ${status}`;
  });
  channel.on('close', () => end(exit === undefined ? silentEnd() : shimEnd(exit, words)));
  client.on('error', (error) => end(silentEnd(error.message)));
  client.on('close', () => end(silentEnd()));
  await withDeadline(hello, options, 'the shim does not greet');
  return {
    ...speech,
    lost,
    close: () => {
      closed = true;
      fail(closedByLab());
      client.destroy();
    },
  };
}

async function explain(error: unknown, options: ShimOptions): Promise<LabError> {
  const known = await options.probe();
  if (known !== undefined) return revive(known, error);
  return isLabError(error) ? error : silentEnd(String(error));
}

/** A connection that closes without an exit status is a lost guest, not a command's end. */
function silentEnd(why = 'it was closed without an exit status'): LabError {
  return labError({
    code: 'session-lost',
    fault: 'guest-hang',
    doing: 'talking to the guest',
    what: `the connection is gone: ${why}`,
    next: "Look at the guest's last console lines.",
  });
}

function shimEnd(how: string, words: string): LabError {
  return labError({
    code: 'shim-ended',
    fault: 'infrastructure',
    doing: 'talking to the guest',
    what: `its shim ended with ${how}`,
    next: 'The shim serves until the session ends: look for who killed it.',
    details: words.split('\n').filter((line) => line !== ''),
  });
}

function closedByLab(): LabError {
  return labError({
    code: 'session-closed',
    fault: 'infrastructure',
    doing: 'calling the shim',
    what: 'the lab has closed the session',
    next: 'A case must not use its guest when it has ended.',
  });
}
