import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { comesTo, countsOn, nameOf, unharmed } from './support/tasks.ts';

const test = suite('checkpoint of a task whose tracer has gone').needs({
  patch: patches.tracerGone,
});

test('frozen where it stopped: EBUSY until it has been thawed', async ({ guest }) => {
  const counter = await guest.subject('counter');
  const tracer = await guest.trace(counter.pid);
  await guest.freeze(counter.pid);
  await tracer.detach();
  await comesTo(guest, counter.pid, 'D');
  assert.is((await guest.state(counter.pid)).tracer, 0);

  const refused = await guest.checkpoint(counter.pid);
  assert.is(refused.errno, 'EBUSY');
  const { error, objects } = await refused.image();
  assert.is(error, `task ${await nameOf(guest, counter.pid)} is not frozen`);
  assert.is(objects[0]?.name, 'ERROR', 'nothing of it was saved before');

  await guest.thaw(counter.pid);
  await countsOn(counter);
  await guest.freeze(counter.pid);
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
  await unharmed(guest, counter);
});

test.run();
