import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { countsOn, frozenSubject, nameOf } from './support/tasks.ts';

const test = suite('checkpoint of a task that is not frozen').needs({ patch: patches.subtree });

test('running: EBUSY, and the record says so', async ({ guest }) => {
  const counter = await guest.subject('counter');
  assert.is((await guest.state(counter.pid)).state, 'R');
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, 'EBUSY');
  const { error } = await result.image();
  assert.is(error, `task ${await nameOf(guest, counter.pid)} is not frozen`);
  await countsOn(counter);
});

test('sleeping: EBUSY, and the record says so', async ({ guest }) => {
  const sleeper = await guest.subject('sleeping');
  assert.is((await guest.state(sleeper.pid)).state, 'S');
  const result = await guest.checkpoint(sleeper.pid);
  assert.is(result.errno, 'EBUSY');
  const { error } = await result.image();
  assert.is(error, `task ${await nameOf(guest, sleeper.pid)} is not frozen`);
});

test('stopped by a signal: EBUSY, and the record says so', async ({ guest }) => {
  const stopped = await guest.subject('stopped');
  assert.is((await guest.state(stopped.pid)).state, 'T');
  const result = await guest.checkpoint(stopped.pid);
  assert.is(result.errno, 'EBUSY');
  const { error } = await result.image();
  assert.is(error, `task ${await nameOf(guest, stopped.pid)} is not frozen`);
});

test('a kernel thread: EBUSY, and the record says so', async ({ guest }) => {
  const kthreadd = 2;
  assert.is((await guest.state(kthreadd)).comm, 'kthreadd');
  const result = await guest.checkpoint(kthreadd);
  assert.is(result.errno, 'EBUSY');
  assert.is((await result.image()).error, 'task 2 (kthreadd) is not frozen');
});

test('thawed again: EBUSY, and the record says so', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  await guest.thaw(counter.pid);
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, 'EBUSY');
  const { error } = await result.image();
  assert.is(error, `task ${await nameOf(guest, counter.pid)} is not frozen`);
  await countsOn(counter);
});

// The group counts a stopped task as frozen, and a SIGCONT would set it running all the same.
test.needs({ base: 'v2.6.30' })(
  'stopped in a FROZEN group: EBUSY all the same',
  async ({ guest }) => {
    const stopped = await guest.subject('stopped');
    await guest.freeze(stopped.pid);
    const state = await guest.state(stopped.pid);
    assert.is(state.state, 'T');
    assert.ok(state.frozen, 'its group says FROZEN');
    const result = await guest.checkpoint(stopped.pid);
    assert.is(result.errno, 'EBUSY');
    const { error } = await result.image();
    assert.is(error, `task ${await nameOf(guest, stopped.pid)} is not frozen`);
  },
);

// There the freezer takes hold of stopped tasks, too.
test.needs({ base: 'v6.1' })('stopped in a FROZEN group: frozen, and saved', async ({ guest }) => {
  const stopped = await guest.subject('stopped');
  await guest.freeze(stopped.pid);
  await stopped.signal('SIGCONT');
  assert.is((await guest.state(stopped.pid)).state, 'D', 'SIGCONT does not set it running');
  const result = await guest.checkpoint(stopped.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
});

test.run();
