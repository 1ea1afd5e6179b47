import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isLabError } from '../../harness/core/errors.ts';
import { changeWord } from '../../qemu/guest-memory.ts';

/** Four bytes, and what speaks gdb's remote protocol as QEMU does. */
interface FakeStub {
  word: string;
  readonly asked: string[];
  readonly commands: string[];
  /** Whether somebody is connected. */
  taken?: boolean;
}

async function withStub<T>(
  stub: FakeStub,
  work: (qmp: { human(line: string): Promise<string> }, path: string) => Promise<T>,
  refuse = false,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stub-'));
  const path = join(folder, 'memory');
  let server: Server | undefined;
  const open = () =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => {
        stub.taken = true;
        socket.on('end', () => (stub.taken = false));
        socket.setEncoding('latin1');
        socket.on('error', () => undefined);
        // QEMU says first that it has stopped the guest.
        socket.write(`$T02thread:01;#${checksum('T02thread:01;')}`);
        socket.on('data', (text: string) => {
          for (const [, packet = '', sum] of text.matchAll(/\$([^#]*)#(..)/g)) {
            assert.equal(sum, checksum(packet));
            stub.asked.push(packet);
            const [, written] = /^M[^:]*:(.*)$/.exec(packet) ?? [];
            if (written !== undefined && !refuse) stub.word = written;
            const answer = packet.startsWith('m') ? stub.word : refuse ? 'E14' : 'OK';
            // In two pieces, as a socket may deliver it.
            socket.write(`+$${answer.slice(0, 1)}`);
            socket.write(`${answer.slice(1)}#${checksum(answer)}`);
          }
        });
      });
      server.listen(path, resolve);
    });
  const human = async (line: string) => {
    stub.commands.push(line.replace(path, 'PATH'));
    if (line === 'gdbserver none') {
      assert.equal(stub.taken, false, 'a server with a client is not taken away');
      return '';
    }
    await open();
    return `Waiting for gdb connection on device 'unix:${path}'\r\n`;
  };
  try {
    return await work({ human }, path);
  } finally {
    server?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function checksum(text: string): string {
  const sum = [...Buffer.from(text)].reduce((total, byte) => (total + byte) & 0xff, 0);
  return sum.toString(16).padStart(2, '0');
}

const address = 0xffffffff81234560n;

describe("a word of a guest's memory", () => {
  it('is changed, and the stub let go', async () => {
    const stub: FakeStub = { word: '00000000', asked: [], commands: [] };
    await withStub(stub, (qmp, path) => changeWord(qmp, path, { address, from: 0, to: 0x1234 }));
    assert.equal(stub.word, '34120000');
    assert.deepEqual(stub.asked, [
      'mffffffff81234560,4',
      'Mffffffff81234560,4:34120000',
      'mffffffff81234560,4',
      'D',
    ]);
    assert.deepEqual(stub.commands, ['gdbserver unix:PATH,server=on,wait=off', 'gdbserver none']);
  });

  it('is left alone where something else stands there', async () => {
    const stub: FakeStub = { word: '01000000', asked: [], commands: [] };
    await assert.rejects(
      withStub(stub, (qmp, path) => changeWord(qmp, path, { address, from: 0, to: 5 })),
      (error) => isLabError(error) && error.code === 'guest-memory',
    );
    assert.equal(stub.word, '01000000');
    assert.equal(stub.commands.at(-1), 'gdbserver none');
  });

  it('that QEMU does not write is an error', async () => {
    const stub: FakeStub = { word: '00000000', asked: [], commands: [] };
    await assert.rejects(
      withStub(stub, (qmp, path) => changeWord(qmp, path, { address, from: 0, to: 5 }), true),
      (error) => isLabError(error) && error.message.includes('E14'),
    );
  });
});
