import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';

const test = suite('checkpoint of a dead task').needs({ patch: patches.subtree });

test('a zombie: EAGAIN, a kernel warning, nothing is written', async ({ guest }) => {
  const zombie = await guest.subject('zombie');
  assert.is((await guest.state(zombie.pid)).state, 'Z');
  const result = await guest.checkpoint(zombie.pid);
  assert.is(result.errno, 'EAGAIN');
  assert.is(result.bytes, 0, 'there is no error record');
  await guest.console.expect(new RegExp(`c/r: task ${zombie.pid} is TASK_DEAD$`));
});

test('a zombie can be reaped after it was refused', async ({ guest }) => {
  const zombie = await guest.subject('zombie');
  assert.is((await guest.checkpoint(zombie.pid)).errno, 'EAGAIN');
  await zombie.ask('reap');
  assert.is((await guest.state(zombie.pid)).exists, false);
});

test.run();
