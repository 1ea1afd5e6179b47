import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ShimAnswer } from '../../../harness/guest/shim-client.ts';
import { fakeMachinery } from '../fake-guest.ts';
import type { FakeGuest } from '../fake-guest.ts';

/** A watch of a guest whose shim answers marks with what the kernel says of itself. */
async function watchGuest() {
  const kernel: { tainted: number; logged: number | null } = { tainted: 0, logged: 1 };
  const machinery = fakeMachinery(([command, text], guest): ShimAnswer | undefined => {
    if (command !== 'mark') return undefined;
    guest.print(`[    1.000000] lab: ${text ?? ''}`);
    return { ...kernel };
  });
  const signal = new AbortController().signal;
  const request = { name: 'guest', base: 'v6.1', signal, emit: () => undefined, patience: 1000 };
  const { watch } = await machinery.openGuest(request);
  const [guest] = machinery.guests as [FakeGuest];
  return { kernel, guest, watch };
}

describe('a kernel that is tainted', () => {
  for (const [tainted, line, fatal] of [
    [512, 'tainted from 0 to 512 (a warning)', true],
    [128 + 4096, 'tainted from 0 to 4224 (an oops, a module from outside the tree)', true],
    [64, 'tainted from 0 to 64 (a program asked for it)', false],
  ] as const)
    it(`is told of, once: ${line}`, async () => {
      const { kernel, watch } = await watchGuest();
      await watch.mark('begin');
      assert.deepEqual(watch.takeTaint(0, Infinity), []);
      kernel.tainted = tainted;
      await watch.mark('end');
      const [found] = watch.takeTaint(0, Infinity);
      assert.deepEqual([found?.kind, found?.line, found?.fatal], ['taint', line, fatal]);
      await watch.mark('begin');
      assert.deepEqual(watch.takeTaint(0, Infinity), []);
    });

  it('is not told of again where its complaint shows', async () => {
    const { kernel, guest, watch } = await watchGuest();
    const begin = await watch.mark('begin');
    guest.print('BUG: a complaint');
    kernel.tainted = 512;
    const end = await watch.mark('end');
    assert.deepEqual(watch.takeTaint(Number(begin), Number(end)), []);
  });

  it('is told of where the complaint was of another case', async () => {
    const { kernel, guest, watch } = await watchGuest();
    guest.print('BUG: a complaint');
    const begin = await watch.mark('begin');
    kernel.tainted = 512;
    const end = await watch.mark('end');
    assert.equal(watch.takeTaint(Number(begin), Number(end)).length, 1);
  });
});

describe('a console that has not all that the kernel has logged', () => {
  it('is no witness, whether messages are missing or it says so', async () => {
    const { kernel, guest, watch } = await watchGuest();
    kernel.logged = 40;
    assert.equal(typeof (await watch.mark('the first: nobody knows what was before')), 'number');
    guest.print('[    2.000000] one of two');
    kernel.logged = 3;
    const missing = await watch.mark('end');
    assert.ok(typeof missing !== 'number');
    assert.deepEqual([missing.code, missing.fault], ['console-lossy', 'infrastructure']);
    assert.match(missing.what, /^1 message /);
    guest.print('** 17 printk messages dropped **');
    kernel.logged = null;
    const dropped = await watch.mark('end');
    assert.ok(typeof dropped !== 'number');
    assert.match(dropped.what, /^17 messages /);
  });

  it('may have more: programs write to it as well', async () => {
    const { kernel, guest, watch } = await watchGuest();
    await watch.mark('begin');
    guest.print('a program');
    guest.print('[    2.000000] a debug message');
    kernel.logged = 1;
    assert.equal(typeof (await watch.mark('end')), 'number');
  });
});
