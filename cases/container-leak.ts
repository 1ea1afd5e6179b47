import { assert, suite } from './cr/case.ts';
import type { Guest, Subject } from './cr/case.ts';
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

const once = /^(file|pipe|shared memory) \d+ leaks: 2 references, 1 found$/;
const twice = /^pipe \d+ leaks: 3 references, 1 found$/;

/** The same of what is reached through files: whether it has a path, and what it needs. */
const open = [
  ['file', true, once, { patch: patches.leaks }],
  ['pipe', false, once, { patch: patches.leakingPipes }],
  ['fifo', true, twice, { patch: patches.leakingPipes }],
  ['mapping', false, once, { patch: patches.leakingMemory }],
  // Older kernels have no way to that file.
  ['map-file', false, once, { patch: patches.leakingMemory, base: 'v6.1' }],
] as const;

for (const [what, named, said, needs] of open)
  test.needs(needs)(
    `${what}: EBUSY, and the record names it with both counts`,
    async ({ guest }) => {
      const args = named ? [what, `${await guest.folder()}/shared`] : [what];
      const init = await frozenSubject(guest, 'sharer', { newPidNamespace: true, args });
      await leaksUntilClosed(guest, init, said);
    },
  );

for (const [what, said, patch] of shares)
  test.needs({ patch })(
    `${what}: EBUSY, and the record names it with both counts`,
    async ({ guest }) => {
      const init = await frozenSubject(guest, 'beside', { newPidNamespace: true, args: [what] });
      await leaksUntilClosed(guest, init, said);
    },
  );

test.needs({ patch: patches.leakingMemory }).needs({ patch: patches.threadsBelow })(
  'what its tasks have among themselves, in whatever pieces, is no leak',
  async ({ guest }) => {
    const args = [`${await guest.folder()}/fifo`];
    const init = await guest.subject('within', { newPidNamespace: true, args });
    await guest.freeze(init.pid, Number(init.facts['child']));
    const whole = await guest.checkpoint(init.pid, { flags: 0 });
    assert.is(whole.errno, null, (await whole.image()).error ?? 'no record says why');
    const image = await whole.image();
    assert.ok(image.complete);
    const count = (wanted: string) => image.objects.filter(({ name }) => name === wanted).length;
    assert.equal([count('TASK'), count('PIPE'), count('SHMEM')], [4, 2, 1]);
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
