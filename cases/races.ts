import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, countsOn } from './support/tasks.ts';

const test = suite('a target that changes while it is being saved again and again').needs({
  patch: patches.subtree,
});

/** Calls that are made while the target changes: enough to meet it at every step. */
const calls = 2000;

// Which answer comes how often is chance; that there is no other, and no oops, is not.
test('thawed and frozen: saved or EBUSY, nothing else', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const counting = guest.repeat(calls, counter.pid);
  for (let i = 0; i < 10; i++) {
    const thaw = await guest.shim('thaw', String(counter.pid));
    assert.ok(thaw['errno'] === undefined || thaw['errno'] === 'EBUSY', String(thaw['error']));
    await guest.freeze(counter.pid);
  }
  const { ok = 0, EBUSY = 0, ...others } = await counting;
  assert.equal(others, {});
  assert.is(ok + EBUSY, calls);
  await guest.thaw(counter.pid);
  await countsOn(counter);
});

test('killed: EBUSY, dead, gone, nothing else', async ({ guest }) => {
  const counter = await guest.subject('counter');
  const counting = guest.repeat(calls, counter.pid);
  await counter.signal('SIGKILL');
  const { EBUSY = 0, EAGAIN = 0, ESRCH = 0, ...others } = await counting;
  assert.equal(others, {});
  assert.is(EBUSY + EAGAIN + ESRCH, calls);
});

test('killed while it is frozen: saved until it is thawed, nothing else', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const counting = guest.repeat(calls, counter.pid);
  await counter.signal('SIGKILL');
  await guest.shim('thaw', String(counter.pid));
  const { ok = 0, EBUSY = 0, EAGAIN = 0, ESRCH = 0, ...others } = await counting;
  assert.equal(others, {});
  assert.is(ok + EBUSY + EAGAIN + ESRCH, calls);
});

test.run();
