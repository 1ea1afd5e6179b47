import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tiedCommand } from '../../qemu/tied.ts';
import { hang, prepare, soon } from './tiny-guest.ts';

/** A lab that starts one machine, says its pid and port, and waits to be killed. */
async function startVictim(context: TestContext) {
  const { machine, options } = await prepare(context, [hang]);
  const { name, folder, consoleLog } = options;
  const script = fileURLToPath(new URL('victim.ts', import.meta.url));
  const input = JSON.stringify({ machine, options: { name, folder, consoleLog } });
  const victim = spawn(process.execPath, ['--import', 'tsx', script, input], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => victim.kill('SIGKILL'));
  const [line] = (await once(createInterface(victim.stdout), 'line', { signal: soon() })) as [
    string,
  ];
  const { pid, port } = JSON.parse(line) as { pid: number; port: number };
  return { victim, pid, port };
}

async function watchPort(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect', { signal: soon() });
  return socket;
}

describe('a tied process', () => {
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    it(`ends when the lab is ended by ${signal}`, async (t) => {
      const { victim, pid, port } = await startVictim(t);
      // QEMU holds the other end of this connection: it closes when QEMU is gone, not before.
      const socket = await watchPort(port);
      // A reset counts as well, so this listens to `close` alone.
      const closed = new Promise((resolve) => socket.once('close', resolve));
      victim.kill(signal);
      await closed;
      await assert.rejects(access(`/proc/${pid}/exe`), { code: 'ENOENT' });
    });
  }

  it('does not start at all when its starter is gone already', async () => {
    const notOurPid = 1;
    const [command = '', ...args] = tiedCommand(['echo', 'started'], notOurPid);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    assert.deepEqual([status, said], [125, '']);
  });

  it('hands every argument on as it is', async () => {
    const words = ['a b', "it's", '$HOME', '', '*'];
    const [command = '', ...args] = tiedCommand(['printf', '%s|', ...words], process.pid);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    assert.equal(said, words.map((word) => `${word}|`).join(''));
  });
});
