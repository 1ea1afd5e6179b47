import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { isLabError } from '../../harness/core/errors.ts';
import { launchMachine } from '../../qemu/launch.ts';
import { spoolLimit } from '../../qemu/spool.ts';
import { echo, hang, prepare, print, repeat, soon, tripleFault } from './tiny-guest.ts';

describe('launchMachine', () => {
  it('streams the console from its first byte, to memory and to the file', async (t) => {
    const { machine, options } = await prepare(t, [print('first\r\nsecond\r\n'), hang]);
    const running = await launchMachine(machine, options);
    await running.console.waitFor(/^second$/, { signal: soon() });
    assert.deepEqual(running.console.lines, ['first', 'second']);
    assert.equal(running.console.scanned, 2);
    assert.equal(await readFile(options.consoleLog, 'utf8'), 'first\r\nsecond\r\n');
    const end = await running.kill();
    assert.deepEqual([end.status, end.reason], [0, 'host-qmp-quit']);
  });

  it("writes to the guest's serial input", async (t) => {
    const { machine, options } = await prepare(t, [print('up\n'), echo]);
    const running = await launchMachine(machine, options);
    await running.console.waitFor(/up/, { signal: soon() });
    running.console.write('are you there?\n');
    await running.console.waitFor(/^are you there\?$/, { from: 1, signal: soon() });
  });

  it('learns a port that QEMU listens on, another one for every machine', async (t) => {
    const one = await prepare(t, [hang], 'one');
    const two = await prepare(t, [hang], 'two');
    const machines = await Promise.all([
      launchMachine(one.machine, one.options),
      launchMachine(two.machine, two.options),
    ]);
    const [first, second] = machines.map((running) => running.sshPort);
    assert.notEqual(first, second);
    for (const { sshPort } of machines) {
      const socket = connect(sshPort, '127.0.0.1');
      await once(socket, 'connect', { signal: soon() });
      socket.destroy();
    }
  });

  it('tells a triple fault from an orderly end', async (t) => {
    const { machine, options } = await prepare(t, [print('going down\n'), tripleFault]);
    const running = await launchMachine(machine, options);
    const waiting = running.console.waitFor(/never/, { signal: soon() });
    await assert.rejects(waiting, { code: 'guest-crashed', fault: 'guest-crash' });
    const end = await running.ended;
    assert.deepEqual([end.status, end.reason], [0, 'guest-reset']);
  });

  it('says that QEMU was killed, which is not the guest’s fault', async (t) => {
    const { machine, options } = await prepare(t, [print('up\n'), hang]);
    const running = await launchMachine(machine, options);
    const waiting = running.console.waitFor(/never/, { signal: soon() });
    process.kill(running.pid, 'SIGKILL');
    await assert.rejects(waiting, { code: 'guest-lost', fault: 'infrastructure' });
    assert.equal((await running.ended).signal, 'SIGKILL');
    await assert.rejects(running.qmp.execute('query-status'), { code: 'qmp-closed' });
  });

  it('ends the machine when the signal is aborted', async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    const stop = new AbortController();
    const running = await launchMachine(machine, { ...options, signal: stop.signal });
    stop.abort(new Error('enough'));
    assert.equal((await running.ended).signal, 'SIGKILL');
    const late = launchMachine(machine, { ...options, signal: stop.signal });
    await assert.rejects(late, /enough/);
  });

  it('hands on what QEMU says when it does not start', async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    const nonsense = { ...machine, cpu: 'no-such-processor' };
    await assert.rejects(launchMachine(nonsense, options), (error) => {
      assert.ok(isLabError(error));
      assert.equal(error.code, 'qemu-start-failed');
      assert.match(error.what, /no-such-processor/);
      return true;
    });
    const missing = { ...machine, kernel: '/nonexistent/kernel' };
    await assert.rejects(launchMachine(missing, options), /nonexistent\/kernel/);
  });

  it('says which package QEMU comes from when it is missing', async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    process.env['LAB_QEMU'] = 'no-such-qemu';
    t.after(() => delete process.env['LAB_QEMU']);
    await assert.rejects(launchMachine(machine, options), (error) => {
      assert.ok(isLabError(error));
      assert.equal(error.code, 'qemu-missing');
      assert.match(error.next, /qemu-system-x86/);
      return true;
    });
  });

  it('refuses a socket path the kernel would cut', async (t) => {
    const { machine, options } = await prepare(t, [hang]);
    const gdb = `/tmp/${'x'.repeat(120)}`;
    await assert.rejects(launchMachine(machine, { ...options, gdb }), {
      code: 'socket-path-too-long',
    });
  });

  it('leaves nothing but the log behind', async (t) => {
    const { folder, machine, options } = await prepare(t, [hang]);
    const running = await launchMachine(machine, options);
    await running.kill();
    assert.deepEqual((await readdir(folder)).sort(), ['console.log', 'kernel']);
  });

  it('survives a flood: the scan stays alive, memory and disk stay bounded', async (t) => {
    const line = `${'x'.repeat(118)}\r\n`;
    const { machine, options } = await prepare(t, [repeat(print(line.repeat(8)))]);
    const running = await launchMachine(machine, options);
    // An emulated serial port takes minutes for the 100 that are claimed: LAB_FLOOD_MB=100.
    const bytes = 1e6 * Number(process.env['LAB_FLOOD_MB'] ?? 0.24);
    const wanted = Math.ceil(bytes / line.length);
    await new Promise<void>((resolve) => {
      running.console.onLine((_, index) => {
        if (index === wanted) resolve();
      });
    });
    assert.ok(running.console.lines.every((text) => text === 'x'.repeat(118)));
    assert.ok(running.console.lines.length <= 100_000);
    assert.equal(running.console.scanned, running.console.count);
    await running.kill();
    const { size } = await stat(options.consoleLog);
    assert.ok(size < spoolLimit + 2 * line.length);
    assert.equal(running.console.damage !== undefined, bytes > spoolLimit);
  });

  it('says which package setpriv comes from when it is missing', async (t) => {
    const { folder, machine, options } = await prepare(t, [hang]);
    const { PATH } = process.env;
    process.env['PATH'] = folder;
    t.after(() => (process.env['PATH'] = PATH));
    await assert.rejects(launchMachine(machine, options), {
      code: 'setpriv-missing',
      next: /util-linux/,
    });
  });

  it('waits for gdb at the first instruction', async (t) => {
    const { folder, machine, options } = await prepare(t, [print('running\n'), hang]);
    const gdb = join(folder, 'gdb.socket');
    const running = await launchMachine(machine, { ...options, gdb });
    assert.match(JSON.stringify(await running.qmp.execute('query-status')), /"running":false/);
    const socket = connect(gdb);
    await once(socket, 'connect', { signal: soon() });
    socket.write('$?#3f');
    // The acknowledgement may come by itself, before the answer.
    let answer = '';
    while (!answer.includes('#')) {
      const [chunk] = (await once(socket, 'data', { signal: soon() })) as [Buffer];
      answer += chunk.toString();
    }
    assert.match(answer, /T05/);
    socket.write('+$c#63');
    await running.console.waitFor(/^running$/, { signal: soon() });
    socket.destroy();
  });
});
