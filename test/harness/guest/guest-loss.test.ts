import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorReport } from '../../../harness/core/events.ts';
import type { Outside } from '../../../harness/guest/live-guest.ts';
import { fakeMachinery, type FakeGuest } from '../fake-guest.ts';

const { signal } = new AbortController();

async function lose(
  how: (guest: FakeGuest) => void,
  interrogate?: Outside['interrogate'],
): Promise<{ error: ErrorReport; asked: number }> {
  let asked = 0;
  const ask = interrogate && ((stop: AbortSignal) => ((asked += 1), interrogate(stop)));
  const outside = ask === undefined ? {} : { interrogate: ask };
  const machinery = fakeMachinery(undefined, undefined, outside);
  const emit = () => undefined;
  const request = { base: 'v6.1', name: 'v6.1-1', emit, signal, patience: 50 };
  const { lost } = await machinery.openGuest(request);
  const [guest] = machinery.guests;
  if (guest !== undefined) how(guest);
  return { error: await lost, asked };
}

describe('a guest that is lost', () => {
  it('is asked what it is at if its machine runs on', async () => {
    const told = ['CPU 0 is at spin+0x1 (a.c:3)', 'a stack'];
    const { error, asked } = await lose(
      (guest) => guest.cut(),
      () => Promise.resolve({ lines: told }),
    );
    assert.equal(asked, 1);
    assert.equal(error.code, 'session-lost');
    assert.equal(error.what, 'the connection is gone; CPU 0 is at spin+0x1 (a.c:3)');
    assert.deepEqual(error.details, told);
  });

  it("is the kernel's fault if that is proved to hang", async () => {
    const { error } = await lose(
      (guest) => guest.cut(),
      () => Promise.resolve({ lines: ['a stack'], stuck: 'task shim is blocked' }),
    );
    assert.deepEqual([error.code, error.fault], ['kernel-hang', 'kernel']);
    assert.equal(error.what, 'the kernel hangs: task shim is blocked; the connection is gone');
    assert.deepEqual(error.details, ['a stack']);
  });

  it('is told as lost even if it can not be asked', async () => {
    const { error } = await lose(
      (guest) => guest.cut(),
      () => Promise.reject(new Error('QEMU closed its monitor')),
    );
    assert.equal(error.code, 'session-lost');
    assert.match(error.details?.join() ?? '', /closed its monitor/);
    assert.equal((await lose((guest) => guest.cut())).error.what, 'the connection is gone');
  });

  it('is not asked when its machine has ended, or its kernel has panicked', async () => {
    const ask = () => Promise.resolve({ lines: ['CPU 0 is at nothing'] });
    const ended = await lose((guest) => guest.end({ reason: 'guest-reset' }), ask);
    assert.equal(ended.error.code, 'guest-crashed');
    const panicked = await lose((guest) => guest.print('Kernel panic - not syncing: x'), ask);
    assert.equal(panicked.error.code, 'guest-crashed');
    assert.equal(ended.asked + panicked.asked, 0);
  });
});
