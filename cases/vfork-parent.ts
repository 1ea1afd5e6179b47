import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { comesTo, nameOf } from './support/tasks.ts';
import { textOf } from './support/workload.ts';

const test = suite('checkpoint of a task that waits in vfork').needs({ patch: patches.tree });

// One base's freezer can't get hold of it there; the other's does, in the midst of the call.
for (const [base, state] of Object.entries({ 'v2.6.30': 'FREEZING', 'v6.1': 'FROZEN' }))
  test.needs({ base })(
    `its group is ${state}: EBUSY, and once its child has ended it is saved`,
    async ({ guest }) => {
      const parent = await guest.subject('vforking', { group: 'vfork' });
      const child = Number(parent.facts['child']);
      assert.is((await guest.state(parent.pid)).state, 'D');
      const freezer = '/cgroup/freezer/vfork/freezer.state';
      await guest.write(freezer, 'FROZEN');
      // The child is frozen soon, and the group is what it can be then.
      let now = '';
      for (let tries = 0; now !== state && tries < 1000; tries++)
        now = (await textOf(guest, freezer)).trim();
      assert.is(now, state);
      const refused = await guest.checkpoint(parent.pid);
      assert.is(refused.errno, 'EBUSY');
      const { error } = await refused.image();
      assert.is(error, `task ${await nameOf(guest, parent.pid)} is not frozen`);

      await guest.shim('signal', String(child), 'KILL');
      await guest.write(freezer, 'THAWED');
      await comesTo(guest, child, 'Z');
      await guest.freeze(parent.pid);
      const saved = await guest.checkpoint(parent.pid);
      assert.is(saved.errno, null, (await saved.image()).error ?? 'no record says why');
      const tasks = (await saved.image()).objects.filter(({ name }) => name === 'TASK');
      assert.equal(
        tasks.map(({ fields }) => [fields['exit_state'] === 0, fields['exit_code']]),
        [
          [true, 0],
          [false, 9],
        ],
        'the parent lives, and its child was killed',
      );
    },
  );

test.run();
