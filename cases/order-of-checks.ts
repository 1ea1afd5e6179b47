import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, nameOf } from './support/tasks.ts';

const test = suite('which refusal a task gets that earns two').needs({ patch: patches.subtree });

const lab = { uid: 1000, gid: 1000 };
const other = { uid: 1001, gid: 1001 };

test('dead beats denied', async ({ guest }) => {
  const zombie = await guest.subject('zombie', other);
  const state = await guest.state(zombie.pid);
  assert.is(state.state, 'Z');
  assert.is(state.uid, other.uid, 'it belongs to somebody else');
  const result = await guest.checkpoint(zombie.pid, lab);
  assert.is(result.errno, 'EAGAIN');
  assert.is(result.bytes, 0, 'there is no error record');
});

test('dead beats unfrozen', async ({ guest }) => {
  const zombie = await guest.subject('zombie');
  assert.is((await guest.state(zombie.pid)).frozen, false);
  assert.is((await guest.checkpoint(zombie.pid)).errno, 'EAGAIN');
});

test('denied beats unfrozen', async ({ guest }) => {
  const counter = await guest.subject('counter', other);
  assert.is((await guest.state(counter.pid)).frozen, false);
  const result = await guest.checkpoint(counter.pid, lab);
  assert.is(result.errno, 'EPERM');
  const { error } = await result.image();
  assert.is(error, `access to task ${await nameOf(guest, counter.pid)} denied`);
});

test('denied beats ptraced', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter', other);
  await guest.trace(counter.pid);
  assert.ok((await guest.state(counter.pid)).tracer > 0);
  const result = await guest.checkpoint(counter.pid, lab);
  assert.is(result.errno, 'EPERM');
  const { error } = await result.image();
  assert.is(error, `access to task ${await nameOf(guest, counter.pid)} denied`);
});

test('unfrozen beats ptraced', async ({ guest }) => {
  const counter = await guest.subject('counter');
  await guest.trace(counter.pid);
  const state = await guest.state(counter.pid);
  assert.ok(state.tracer > 0);
  assert.is(state.frozen, false);
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, 'EBUSY');
  const { error } = await result.image();
  assert.is(error, `task ${await nameOf(guest, counter.pid)} is not frozen`);
});

test.run();
