import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, nameOf, unharmed } from './support/tasks.ts';

const test = suite('checkpoint by who may not look').needs({ patch: patches.subtree });

const lab = { uid: 1000, gid: 1000 };
const other = { uid: 1001, gid: 1001 };

test("another user's task: EPERM, and the record says so", async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter', other);
  const result = await guest.checkpoint(counter.pid, lab);
  assert.is(result.errno, 'EPERM');
  const { error } = await result.image();
  assert.is(error, `access to task ${await nameOf(guest, counter.pid)} denied`);
  await unharmed(guest, counter);
});

test("root's task: EPERM, and the record says so", async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(counter.pid, lab);
  assert.is(result.errno, 'EPERM');
  const { error } = await result.image();
  assert.is(error, `access to task ${await nameOf(guest, counter.pid)} denied`);
  await unharmed(guest, counter);
});

test('own task that is not dumpable: EPERM, and the record says so', async ({ guest }) => {
  const hidden = await frozenSubject(guest, 'undumpable', lab);
  const result = await guest.checkpoint(hidden.pid, lab);
  assert.is(result.errno, 'EPERM');
  const { error } = await result.image();
  assert.is(error, `access to task ${await nameOf(guest, hidden.pid)} denied`);
  assert.ok((await guest.state(hidden.pid)).frozen);
});

test('own task: allowed without privilege', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter', lab);
  const result = await guest.checkpoint(counter.pid, lab);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
  await unharmed(guest, counter);
});

test("root may checkpoint another user's task", async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter', other);
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
  await unharmed(guest, counter);
});

test('root may checkpoint a task that is not dumpable', async ({ guest }) => {
  const hidden = await frozenSubject(guest, 'undumpable', lab);
  const result = await guest.checkpoint(hidden.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
});

test.run();
