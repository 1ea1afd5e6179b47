import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, nameOf } from './support/tasks.ts';

const test = suite('checkpoint into what the target holds').needs({ patch: patches.subtree });

// The image would contain itself, or, in a pipe, wait for a reader that is frozen.
for (const what of ['file', 'fifo'] as const)
  test(`a ${what} that the target has open: EBUSY, and the record says so`, async ({ guest }) => {
    const path = `${await guest.folder()}/${what}`;
    const holder = await frozenSubject(guest, 'holder', { args: [what, path] });
    const result = await guest.checkpoint(holder.pid, { to: { kind: 'file', path } });
    assert.is(result.errno, 'EBUSY');
    await guest.thaw(holder.pid);
    const text = await holder.ask('read');
    assert.match(text, `task ${await nameOf(guest, holder.pid)} has the image open`);
  });

test('another file of the same folder is fine', async ({ guest }) => {
  const folder = await guest.folder();
  const holder = await frozenSubject(guest, 'holder', { args: ['file', `${folder}/held`] });
  const to = { kind: 'file', path: `${folder}/image` } as const;
  const result = await guest.checkpoint(holder.pid, { to });
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
});

test('a device that the target has open is fine', async ({ guest }) => {
  const holder = await frozenSubject(guest, 'holder', { args: ['file', '/dev/null'] });
  const to = { kind: 'file', path: '/dev/null' } as const;
  assert.is((await guest.checkpoint(holder.pid, { to })).errno, null);
});

test.run();
