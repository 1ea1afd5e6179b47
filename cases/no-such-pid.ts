import { assert, suite } from './cr/case.ts';
import { objectOf } from './support/image.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';

const test = suite('checkpoint of a pid that is not there').needs({ patch: patches.subtree });

test('a pid that no task has: ESRCH, nothing is written', async ({ guest }) => {
  const result = await guest.checkpoint(await guest.unusedPid());
  assert.is(result.errno, 'ESRCH');
  assert.is(result.bytes, 0);
});

test('the pid of a task that has been reaped: ESRCH', async ({ guest }) => {
  const zombie = await guest.subject('zombie');
  await zombie.ask('reap');
  const result = await guest.checkpoint(zombie.pid);
  assert.is(result.errno, 'ESRCH');
  assert.is(result.bytes, 0);
});

for (const pid of [-1, -2_147_483_648])
  test(`a negative pid, ${pid}: ESRCH, nothing is written`, async ({ guest }) => {
    const result = await guest.checkpoint(pid);
    assert.is(result.errno, 'ESRCH');
    assert.is(result.bytes, 0);
  });

test('a negative pid is no process group: its members are left alone', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(-counter.pid);
  assert.is(result.errno, 'ESRCH');
  assert.is(result.bytes, 0);
  await unharmed(guest, counter);
});

test("a task outside the caller's pid namespace: ESRCH, nothing is written", async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const inside = await guest.checkpoint(counter.pid, { newPidNamespace: true });
  assert.is(inside.errno, 'ESRCH');
  assert.is(inside.bytes, 0);
  // The very same pid from outside: it was the namespace that hid it.
  const outside = await guest.checkpoint(counter.pid);
  assert.is(outside.errno, null);
  await unharmed(guest, counter);
});

// The machine's init runs, and would be refused before a byte of it is saved.
test("pid 1 is the caller's own init, not the machine's", async ({ guest }) => {
  const result = await guest.checkpoint(1, { newPidNamespace: true });
  const { comm } = await guest.state(1);
  const saved = objectOf(await result.image(), 'STRING').fields['text'];
  assert.is(comm, 'init');
  assert.is(saved, 'shim', 'the caller is pid 1 there');
});

test.run();
