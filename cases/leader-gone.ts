import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';

const test = suite('checkpoint of a thread group whose leader has exited').needs({
  patch: patches.subtree,
});

// The leader has given up its namespaces and its fs: whoever takes them unasked oopses.
test('EAGAIN, a kernel warning, nothing is written', async ({ guest }) => {
  const leader = await guest.subject('leader-gone');
  assert.is((await guest.state(leader.pid)).state, 'Z');
  const result = await guest.checkpoint(leader.pid);
  assert.is(result.errno, 'EAGAIN');
  assert.is(result.bytes, 0, 'there is no error record');
  await guest.console.expect(new RegExp(`c/r: task ${leader.pid} is TASK_DEAD$`));
});

test('the threads that live are left alone', async ({ guest }) => {
  const leader = await guest.subject('leader-gone');
  const thread = Number(leader.facts['thread']);
  assert.is((await guest.checkpoint(leader.pid)).errno, 'EAGAIN');
  const state = await guest.state(thread);
  assert.ok(state.exists);
  assert.is.not(state.state, 'Z');
});

test.run();
