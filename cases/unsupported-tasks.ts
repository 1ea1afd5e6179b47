import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, nameOf } from './support/tasks.ts';

const test = suite('checkpoint of what cannot be saved yet').needs({ patch: patches.subtree });

test('access to i/o ports: ENOSYS, and the record says so', async ({ guest }) => {
  const target = await frozenSubject(guest, 'ports');
  const result = await guest.checkpoint(target.pid);
  assert.is(result.errno, 'ENOSYS');
  const { error } = await result.image();
  assert.is(error, `task ${await nameOf(guest, target.pid)} has access to i/o ports`);
});

test.run();
