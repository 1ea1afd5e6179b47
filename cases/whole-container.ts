import { assert, suite } from './cr/case.ts';
import { numberOf } from './support/image.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';

const test = suite('checkpoint without CHECKPOINT_SUBTREE').needs({ patch: patches.subtree });

test('a task that is no container init: EINVAL, nothing is written', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(counter.pid, { flags: 0 });
  assert.is(result.errno, 'EINVAL');
  assert.is(result.bytes, 0);
  await unharmed(guest, counter);
});

test("a pid namespace's init: a whole image", async ({ guest }) => {
  const init = await frozenSubject(guest, 'counter', { newPidNamespace: true });
  const result = await guest.checkpoint(init.pid, { flags: 0 });
  assert.is(result.errno, null);
  const image = await result.image();
  assert.ok(image.complete);
  assert.is(Number(numberOf(image, 'HEADER', 'uflags')), 0);
  await unharmed(guest, init);
});

test('with CHECKPOINT_SUBTREE an init does as well', async ({ guest }) => {
  const init = await frozenSubject(guest, 'counter', { newPidNamespace: true });
  const result = await guest.checkpoint(init.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
  await unharmed(guest, init);
});

test('a pid that no task has is ESRCH without it, too', async ({ guest }) => {
  const result = await guest.checkpoint(await guest.unusedPid(), { flags: 0 });
  assert.is(result.errno, 'ESRCH');
  assert.is(result.bytes, 0);
});

test.run();
