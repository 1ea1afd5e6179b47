import { assert, suite } from '../harness/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject } from './support/tasks.ts';

const test = suite('a whole container that shares with others').needs({ patch: patches.leaks });

test('an open file: EBUSY, and the record names it with both counts', async ({ guest }) => {
  const path = `${await guest.folder()}/shared`;
  const init = await frozenSubject(guest, 'sharer', { newPidNamespace: true, args: [path] });

  const refused = await guest.checkpoint(init.pid, { flags: 0 });
  assert.is(refused.errno, 'EBUSY');
  assert.match((await refused.image()).error ?? '', /^file \d+ leaks: 2 references, 1 found$/);

  const subtree = await guest.checkpoint(init.pid);
  assert.is(subtree.errno, null, 'a subtree may share with others');

  assert.is(await init.ask('close'), 'closed');
  const whole = await guest.checkpoint(init.pid, { flags: 0 });
  assert.is(whole.errno, null, (await whole.image()).error ?? 'no record says why');
  assert.ok((await whole.image()).complete);
  await guest.thaw(init.pid);
});

test.run();
