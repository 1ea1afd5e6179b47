import { assert, suite } from '../harness/case.ts';
import type { Guest, Subject } from '../harness/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject } from './support/tasks.ts';

const test = suite('a whole container that shares with others').needs({ patch: patches.leaks });

/** What a container's only task shares with one outside, and what the record says of it. */
const shares = [
  ['memory', /^mm \d+ leaks: 2 references, 1 found$/, patches.leaks],
  ['descriptors', /^file table \d+ leaks: 2 references, 1 found$/, patches.leaks],
  ['directories', /^directories \d+ leaks: 2 references, 1 found$/, patches.directories],
  ['undo', /^semaphore undo \d+ leaks: 2 references, 1 found$/, patches.ipcUndo],
] as const;

test('an open file: EBUSY, and the record names it with both counts', async ({ guest }) => {
  const path = `${await guest.folder()}/shared`;
  const init = await frozenSubject(guest, 'sharer', { newPidNamespace: true, args: [path] });
  await leaksUntilClosed(guest, init, /^file \d+ leaks: 2 references, 1 found$/);
});

for (const [what, said, patch] of shares)
  test.needs({ patch })(
    `${what}: EBUSY, and the record names it with both counts`,
    async ({ guest }) => {
      const init = await frozenSubject(guest, 'beside', { newPidNamespace: true, args: [what] });
      await leaksUntilClosed(guest, init, said);
    },
  );

/** Refused as a whole and saved as a subtree, until the other has let go of what is shared. */
async function leaksUntilClosed(guest: Guest, init: Subject, said: RegExp): Promise<void> {
  const refused = await guest.checkpoint(init.pid, { flags: 0 });
  assert.is(refused.errno, 'EBUSY');
  assert.match((await refused.image()).error ?? '', said);

  const subtree = await guest.checkpoint(init.pid);
  assert.is(subtree.errno, null, 'a subtree may share with others');

  assert.is(await init.ask('close'), 'closed');
  const whole = await guest.checkpoint(init.pid, { flags: 0 });
  assert.is(whole.errno, null, (await whole.image()).error ?? 'no record says why');
  assert.ok((await whole.image()).complete);
  await guest.thaw(init.pid);
}

test.run();
