import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, nameOf, unharmed } from './support/tasks.ts';
import { endWell, freezeAll, startWorkload, thaw } from './support/workload.ts';

const test = suite('checkpoint of a task that is being traced').needs({ patch: patches.subtree });

test('frozen and ptraced: EBUSY, and the record says so', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  // Attached before it was frozen, it would never have entered the refrigerator.
  await guest.trace(counter.pid);
  const state = await guest.state(counter.pid);
  assert.ok(state.frozen);
  assert.ok(state.tracer > 0, 'it has a tracer');
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, 'EBUSY');
  const { error, objects } = await result.image();
  assert.is(error, `task ${await nameOf(guest, counter.pid)} is ptraced`);
  assert.is(objects[0]?.name, 'ERROR', 'nothing of it was saved before');
});

test('allowed again once the tracer is gone', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const tracer = await guest.trace(counter.pid);
  assert.is((await guest.checkpoint(counter.pid)).errno, 'EBUSY');
  await tracer.detach();
  assert.is((await guest.state(counter.pid)).tracer, 0);
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
  // Attaching sent a SIGSTOP, which the thawed target would obey.
  await counter.signal('SIGCONT');
  await unharmed(guest, counter);
});

test.needs({ patch: patches.tracers })(
  'a tracer without whom it traces: EBUSY, and the record says so',
  async ({ guest }) => {
    const workload = await startWorkload(guest, 'debugger');
    await freezeAll(guest, workload);
    const result = await guest.checkpoint(workload.pid);
    assert.is(result.errno, 'EBUSY');
    const { error } = await result.image();
    const name = await nameOf(guest, workload.pid);
    assert.is(error, `task ${name} traces a task that is not in the tree`);
    await thaw(guest, workload);
    await endWell(guest, workload);
  },
);

test.run();
