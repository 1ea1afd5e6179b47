import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';
import { endWell, startWorkload } from './support/workload.ts';

const test = suite('a whole container in an IPC namespace of others').needs({
  patch: patches.ipcSharedMemory,
});

test('EBUSY as long as there is anything in it, and the record says so', async ({ guest }) => {
  const others = await startWorkload(guest, 'ipc-outside');
  const init = await frozenSubject(guest, 'counter', { newPidNamespace: true });

  const refused = await guest.checkpoint(init.pid, { flags: 0 });
  assert.is(refused.errno, 'EBUSY');
  const { error = '' } = await refused.image();
  const [, tasks] = /^IPC namespace leaks: (\d+) tasks, 1 found$/.exec(error) ?? [];
  assert.ok(Number(tasks) > 1, error);

  const subtree = await guest.checkpoint(init.pid);
  assert.is(subtree.errno, null, 'a subtree may refer to what is there');

  // It takes its segment away at its end.
  await endWell(guest, others);
  const whole = await guest.checkpoint(init.pid, { flags: 0 });
  assert.is(whole.errno, null, 'an empty namespace is nobody’s loss');
  assert.ok((await whole.image()).complete);
  await unharmed(guest, init);
});

test.run();
