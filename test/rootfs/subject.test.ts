import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { makeHome, pathOfProgram } from './built.ts';
import type { TestHome } from './built.ts';

let home: TestHome;
let subject = '';
before(async () => {
  home = await makeHome();
  subject = await pathOfProgram(home, 'subject');
});
after(() => home.remove());

/** Runs a subject over some lines of input and returns what it said after its ready line. */
async function converse(words: readonly string[], lines: readonly string[] = []) {
  const child = execa(subject, words, { reject: false, buffer: { stderr: false } });
  const said: string[] = [];
  const replies = child.iterable();
  const hear = async () => {
    const reply: IteratorResult<string, unknown> = await replies.next();
    if (reply.done !== true) said.push(reply.value);
  };
  await hear();
  const pid = Number(/^ready pid=(\d+)/.exec(said[0] ?? '')?.[1]);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  for (const line of lines) {
    child.stdin.write(`${line}\n`);
    await hear();
  }
  child.stdin.end();
  const { exitCode } = await child;
  return { said, pid, state: /^State:\t(.)/m.exec(status)?.[1], status, exitCode };
}

describe('subject', () => {
  for (const [name, state] of [
    ['counter', 'R'],
    ['sleeping', 'S'],
    ['stopped', 'T'],
    ['zombie', 'Z'],
    ['undumpable', 'S'],
    ['self', 'S'],
    ['leader-gone', 'Z'],
    ['vforking', 'D'],
  ] as const)
    it(`${name} says ready when /proc says ${state}`, async () => {
      const { said, state: found, pid } = await converse([name]);
      assert.match(said[0] ?? '', /^ready pid=\d+/);
      assert.equal(found, state);
      await assert.rejects(readFile(`/proc/${pid}/stat`), 'it is gone with its keeper');
    });

  it('crowd makes tasks, calls checkpoint on each and reaps them', async () => {
    const lines = ['make 3 zombie', 'checkpoint', 'reap', 'make 2 sleeping', 'reap', 'reap'];
    const { said } = await converse(['crowd'], lines);
    assert.match(said[1] ?? '', /^pids=\d+,\d+,\d+$/);
    // The host's kernel has no such call.
    assert.equal(said[2]?.trim(), 'ENOSYS=3');
    assert.equal(said[3], 'reaped=3');
    assert.match(said[4] ?? '', /^pids=\d+,\d+$/);
    assert.deepEqual(said.slice(5), ['reaped=2', 'reaped=0']);
  });

  it('counter counts', async () => {
    const { said } = await converse(['counter'], ['count', 'past 100000', 'nonsense']);
    assert.ok(Number(said[1]) > 0);
    assert.ok(Number(said[2]) > 100000);
    assert.equal(said[3], 'unknown nonsense');
  });

  for (const what of ['memory', 'descriptors', 'directories'])
    it(`beside shares ${what}, sleeps, and is alone when told so`, async () => {
      const { said, state } = await converse(['beside', what], ['close', 'close']);
      assert.equal(state, 'S');
      assert.deepEqual(said.slice(1), ['closed', 'not closed']);
    });

  for (const what of ['pipe', 'mapping'])
    it(`sharer shares a ${what}, sleeps, and has it alone when told so`, async () => {
      const { said, state } = await converse(['sharer', what], ['close']);
      assert.equal(state, 'S');
      assert.equal(said[1], 'closed');
    });

  it('within has a child', async () => {
    const { said, state } = await converse(['within', join(home.context.scratch, 'fifo')]);
    assert.equal(state, 'S');
    assert.match(said[0] ?? '', /^ready pid=\d+ child=\d+$/);
  });

  it('zombie can be reaped', async () => {
    assert.equal((await converse(['zombie'], ['reap'])).said[1], 'reaped');
  });

  it('named takes any bytes', async () => {
    const { status } = await converse(['named', Buffer.from('a) (%s').toString('hex')]);
    assert.match(status, /^Name:\ta\) \(%s$/m);
    assert.match((await converse(['named', ''])).status, /^Name:\t$/m);
  });

  it('holder holds, and tells what is in it', async () => {
    const path = join(home.context.scratch, 'held');
    const { said } = await converse(['holder', 'file', path], ['read']);
    assert.equal(said[1], '');
  });

  for (const [words, word, status] of [
    [['nobody'], 'usage', 2],
    [['--uid'], 'usage', 2],
    [['--frob', '1', 'zombie'], 'usage', 2],
    [['beside'], 'usage', 2],
    [['named', 'zz'], 'fail', 1],
    [['holder'], 'fail', 1],
  ] as const)
    it(`${words.join(' ')}: says ${word}, and why`, async () => {
      const { said, exitCode } = await converse(words);
      assert.match(said[0] ?? '', new RegExp(`^${word} .`));
      assert.equal(exitCode, status);
    });

  it('fails where its program does not fit into the root', async () => {
    const root = await mkdtemp(join(home.context.scratch, 'root-'));
    // Half of the first piece fits: a write that is cut short, then one that is refused.
    const limited = `trap '' XFSZ; ulimit -f 64; exec ${subject} --chroot ${root} sleeping`;
    const { stdout, exitCode } = await execa('sh', ['-c', limited], { reject: false });
    assert.match(stdout, /^fail copying the program into the root/);
    assert.equal(exitCode, 1);
    assert.deepEqual(await readdir(root), [], 'nobody takes a part of it for the program');
  });

  it('self is refused without the system calls, and is what it was', async () => {
    const path = join(home.context.scratch, 'image');
    const lines = [`checkpoint 0 ${path}`, `restart ${path}`, 'check'];
    const { said } = await converse(['self'], lines);
    assert.deepEqual(said.slice(1), ['ret=-1 errno=ENOSYS', 'ret=-1 errno=ENOSYS', 'now=after']);
  });

  it('self can do without its vdso', async () => {
    const { said } = await converse(['self'], ['unmap-vdso', 'unmap-vdso']);
    assert.deepEqual(said.slice(1), ['unmapped=yes', 'unmapped=no']);
  });

  it('leading is refused without the system calls, and has children', async () => {
    const path = join(home.context.scratch, 'image');
    const lines = [`checkpoint ${path}`, `lead ${path}`, 'join', 'join traced', `led ${path}`];
    const { said } = await converse(['leading'], lines);
    const refused = 'ret=-1 errno=ENOSYS';
    assert.deepEqual([said[1], said[2], said[5]], [refused, refused, refused]);
    for (const line of said.slice(3, 5)) assert.match(line, /^child=\d+$/);
  });

  it('ends as its target ends', async () => {
    const child = execa(subject, ['sleeping'], { reject: false });
    const ready: IteratorResult<string, unknown> = await child.iterable().next();
    process.kill(Number(/pid=(\d+)/.exec(String(ready.value))?.[1]), 'SIGUSR1');
    assert.equal((await child).signal, 'SIGUSR1');
  });
});
