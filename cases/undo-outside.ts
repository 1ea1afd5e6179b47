import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { nameOf } from './support/tasks.ts';
import { endWell, freezeAll, startWorkload, thaw } from './support/workload.ts';

const test = suite('what is to be undone to semaphores that are not saved').needs({
  patch: patches.ipcUndo,
});

test('EBUSY, the record names the task, which goes on', async ({ guest }) => {
  // Its semaphore is in the IPC namespace of whoever saves it.
  const workload = await startWorkload(guest, 'undo-outside');
  const name = await nameOf(guest, workload.pid);
  for (let turn = 0; turn < 2; turn++) {
    await freezeAll(guest, workload);
    const result = await guest.checkpoint(workload.pid);
    assert.is(result.errno, 'EBUSY');
    const { error } = await result.image();
    assert.is(error, `task ${name} has semaphores to undo that are not saved`);
    await thaw(guest, workload);
  }
  await endWell(guest, workload);
});

test.run();
