import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { dir } from 'tmp-promise';
import { openConsole } from '../../qemu/console.ts';
import { splitLines } from '../../qemu/lines.ts';
import { openSpool, spoolLimit } from '../../qemu/spool.ts';
import { soon } from './tiny-guest.ts';

async function folderOf(context: TestContext): Promise<string> {
  const { path, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  context.after(() => cleanup());
  return path;
}

function split(...chunks: readonly (string | readonly number[])[]): string[] {
  const lines: string[] = [];
  const splitter = splitLines((line) => lines.push(line));
  for (const chunk of chunks) splitter.feed(Buffer.from(chunk as string));
  splitter.end();
  return lines;
}

describe('splitLines', () => {
  const table: [string, string[], string[]][] = [
    ['lines in one piece', ['a\nb\n'], ['a', 'b']],
    ['a line in pieces', ['a', 'b', '\nc', '\n'], ['ab', 'c']],
    ['carriage returns', ['a\r\nb\r\r\n'], ['a', 'b']],
    ['empty lines', ['\n\na\n'], ['', '', 'a']],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['terminal escapes and control bytes', ['\u001b[1;31mred\u001b[0m\u0007\tx\n'], ['red\tx']],
  ];
  for (const [name, chunks, lines] of table) {
    it(name, () => assert.deepEqual(split(...chunks), lines));
  }

  it('keeps a character together that comes in two pieces', () => {
    assert.deepEqual(split([0xc3], [0xbc, 0x0a]), ['ü']);
  });

  it('marks bytes that are no UTF-8', () => {
    assert.deepEqual(split([0x61, 0xff, 0x62, 0x0a]), ['a\ufffdb']);
  });

  it('cuts a line without end', () => {
    const lines = split('x'.repeat(10_000), '\n');
    assert.deepEqual(
      lines.map((line) => line.length),
      [4096, 4096, 1808],
    );
  });
});

describe('openSpool', () => {
  it('stops at its limit and says so, in the file and to the lab', async (t) => {
    const path = join(await folderOf(t), 'log');
    const spool = openSpool(path, 10);
    spool.write(Buffer.from('1234567'));
    assert.equal(spool.damage(), undefined);
    spool.write(Buffer.from('89012345'));
    spool.write(Buffer.from('more'));
    spool.close();
    assert.match(
      await readFile(path, 'utf8'),
      /^1234567890\n\[lab: the log stops here, at 10 bytes/,
    );
    assert.match(spool.damage() ?? '', /more than 10 bytes/);
  });

  it('survives a full disk', () => {
    const spool = openSpool('/dev/full');
    spool.write(Buffer.from('x'));
    spool.write(Buffer.from('y'));
    spool.close();
    assert.match(spool.damage() ?? '', /no space left/);
  });

  it('says where it cannot write', () => {
    assert.throws(() => openSpool('/nonexistent/log'), { code: 'console-log-failed' });
  });
});

describe('openConsole', () => {
  const over = () => new Error('over');

  it('scans a flood of 100 MB to its end, in bounded memory and on bounded disk', async (t) => {
    const path = join(await folderOf(t), 'log');
    const socket = new PassThrough();
    const console = openConsole(socket, openSpool(path));
    const line = `${'flood '.repeat(20)}\r\n`;
    const chunk = Buffer.from(line.repeat(500));
    const chunks = Math.ceil(100e6 / chunk.length);
    for (let sent = 0; sent < chunks; sent++) {
      if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
    }
    const last = console.waitFor(/Kernel panic/, { signal: soon() });
    socket.end('Kernel panic - not syncing: drowned\n');
    await last;
    console.end(over);
    assert.equal(console.count, chunks * 500 + 1);
    assert.equal(console.scanned, console.count);
    assert.equal(console.first + console.lines.length, console.count);
    assert.ok(console.lines.length <= 100_000);
    assert.deepEqual(
      console.findings.map(({ kind, index }) => [kind, index]),
      [['panic', chunks * 500]],
    );
    assert.equal(console.since(console.count - 1)[0], 'Kernel panic - not syncing: drowned');
    const { size } = await stat(path);
    assert.ok(size >= spoolLimit && size < spoolLimit + 200);
    assert.match(console.damage ?? '', /more than \d+ bytes/);
  });

  it('reports a complaint once it is complete, or the console falls silent', async (t) => {
    const socket = new PassThrough();
    const console = openConsole(socket, openSpool(join(await folderOf(t), 'log')));
    const reported: string[] = [];
    const first = new Promise<void>((resolve) => {
      console.onFinding(({ lines }) => {
        reported.push(`${lines.length}`);
        resolve();
      });
    });
    socket.write('BUG: scheduling while atomic: a/1/0x2\nCall Trace:\n');
    await console.waitFor(/Call Trace/, { signal: soon() });
    assert.deepEqual(reported, []);
    assert.equal(console.findings[0]?.lines.length, 2);
    await first;
    assert.deepEqual(reported, ['2']);
    console.end(over);
    assert.equal(console.findings.length, 1);
  });

  it('waits for lines from an index on, and tells waiters of the end', async (t) => {
    const socket = new PassThrough();
    const console = openConsole(socket, openSpool(join(await folderOf(t), 'log')));
    socket.write('ready 1\nother\n');
    assert.equal(await console.waitFor(/ready/g, { signal: soon() }), 'ready 1');
    assert.equal(await console.waitFor(/ready/g, { signal: soon() }), 'ready 1');
    const second = console.waitFor(/ready/, { from: 1, signal: soon() });
    socket.write('ready 2\n');
    assert.equal(await second, 'ready 2');
    const never = console.waitFor(/never/, { signal: soon() });
    console.end(over);
    await assert.rejects(never, /over/);
    await assert.rejects(console.waitFor(/never/, { signal: soon() }), /over/);
    assert.equal(await console.waitFor(/other/, { signal: soon() }), 'other');
  });
});
