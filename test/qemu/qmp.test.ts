import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { launchMachine } from '../../qemu/launch.ts';
import { createQmp } from '../../qemu/qmp.ts';
import { hang, prepare, soon } from './tiny-guest.ts';

const greeting =
  '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}, "capabilities": []}}';

/** A QEMU that says what the test says. */
function pretend() {
  const sent: string[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk.toString());
      done();
    },
  });
  return { socket, sent, say: (...lines: string[]) => socket.push(lines.join('\r\n') + '\r\n') };
}

describe('createQmp', () => {
  it('matches answers to commands, whatever comes between', async () => {
    const { socket, sent, say } = pretend();
    const qmp = createQmp(socket);
    const first = qmp.execute('query-status', { a: 1 });
    const second = qmp.human('info');
    assert.deepEqual(JSON.parse(sent[1] ?? ''), {
      execute: 'query-status',
      arguments: { a: 1 },
      id: 2,
    });
    say(greeting, '{"return": {}, "id": 1}', '{"event": "STOP", "timestamp": {}}');
    say('{"return": "text", "id": 3}', '{"return": {"b": 2}, "id": 2}');
    assert.equal(await second, 'text');
    assert.deepEqual(await first, { b: 2 });
  });

  it('puts messages together that come in pieces', async () => {
    const { socket } = pretend();
    const qmp = createQmp(socket);
    const answer = qmp.execute('x');
    for (const byte of `${greeting}\r\n{"return": 5, "id": 2}\r\n`) socket.push(byte);
    assert.equal(await answer, 5);
  });

  it('gives up on a command that is never answered', async () => {
    const { socket } = pretend();
    await assert.rejects(createQmp(socket, 20).execute('stop'), {
      code: 'qmp-timeout',
      what: /stop/,
    });
  });

  it('takes what is no QMP for the end', async () => {
    for (const nonsense of ['hello', '{"unknown": 1}']) {
      const { socket, say } = pretend();
      const qmp = createQmp(socket);
      const answer = qmp.execute('x');
      const event = qmp.event('STOP', soon());
      say(nonsense);
      await assert.rejects(answer, { code: 'qmp-closed' });
      await assert.rejects(event, { code: 'qmp-closed' });
    }
  });

  it('picks the event that is accepted', async () => {
    const { socket, say } = pretend();
    const qmp = createQmp(socket);
    const event = qmp.event('MIGRATION', soon(), (data) => JSON.stringify(data).includes('done'));
    say('{"event": "MIGRATION", "data": {"status": "active"}}', '{"event": "STOP"}');
    say('{"event": "MIGRATION", "data": {"status": "done"}}');
    assert.deepEqual(await event, { status: 'done' });
  });

  it("reports a refusal in QEMU's own words", async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    const { qmp } = await launchMachine(machine, options);
    await assert.rejects(qmp.execute('no-such-command'), {
      code: 'qmp-refused',
      what: /no-such-command/,
    });
  });

  it('speaks the human monitor and hands out events', async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    const { qmp } = await launchMachine(machine, options);
    assert.match(await qmp.human('info registers'), /EIP=/);
    const stopped = qmp.event('STOP', soon());
    await qmp.execute('stop');
    await stopped;
  });

  it('ends a wait with its signal', async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    const { qmp } = await launchMachine(machine, options);
    const stop = new AbortController();
    const waiting = qmp.event('NEVER', stop.signal);
    stop.abort(new Error('no longer'));
    await assert.rejects(waiting, /no longer/);
  });
});
