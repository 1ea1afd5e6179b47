import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { keptSince } from './support/slabs.ts';
import { comesTo } from './support/tasks.ts';

const test = suite('tasks that wait for work of their own can go').needs({
  patch: patches.sleepers,
});

const sleepers = 12;
const group = 'sleepers';

// A freezer interrupts the sleep; thawed, a task begins it anew.
test('frozen and thawed, again and again: their memory comes back', async ({ guest }) => {
  const round = async (count: number) => {
    const subjects = [];
    for (let i = 0; i < count; i++)
      subjects.push(await guest.subject('unusual', { args: ['own-work', '/none'], group }));
    const [{ pid } = { pid: 0 }] = subjects;
    for (let i = 0; i < 3; i++) {
      await guest.shim('freeze', String(pid), '--group', group);
      await guest.thaw(pid);
    }
    for (const subject of subjects) {
      await comesTo(guest, subject.pid, 'S');
      await subject.signal('SIGKILL');
      await subject.ended();
    }
  };
  await memoryComesBack(guest, round);
});

test('they have worked long enough: their memory comes back', async ({ guest }) => {
  const round = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const subject = await guest.subject('unusual', { args: ['own-work-done', '/none'] });
      await subject.signal('SIGKILL');
      await subject.ended();
    }
  };
  await memoryComesBack(guest, round);
});

/** Asserts that a round of many tasks keeps no more of them than one of a single task. */
async function memoryComesBack(guest: Guest, round: (count: number) => Promise<void>) {
  await round(1);
  const before = await guest.slabs('task_struct');
  await round(sleepers);
  assert.equal(await keptSince(guest, before, sleepers / 2), [], 'tasks do not come back');
}

test.run();
