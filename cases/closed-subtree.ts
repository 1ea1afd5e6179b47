import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject } from './support/tasks.ts';
import { endWell, freezeAll, startWorkload, thaw } from './support/workload.ts';

const test = suite('a subtree of which something is outside').needs({ patch: patches.closed });

/** CHECKPOINT_SUBTREE, and with it CHECKPOINT_CLOSED. */
const subtree = 0x1;
const closed = 0x11;

/** Who is left outside, and what the record says. */
const left = [
  ['session', /^task \d+ \(refused\) is in session \d+, but not in the tree$/],
  ['group', /^task \d+ \(refused\) is in process group \d+, but not in the tree$/],
] as const;

for (const [kind, said] of left)
  test(`a task of its ${kind} that is init's: EBUSY if it is to be closed`, async ({ guest }) => {
    const target = await frozenSubject(guest, 'refused', { args: [kind, '/none'] });
    const result = await guest.checkpoint(target.pid, { flags: closed });
    assert.is(result.errno, 'EBUSY');
    assert.match((await result.image()).error ?? '', said);
    assert.is((await guest.checkpoint(target.pid, { flags: subtree })).errno, null);
    await guest.thaw(target.pid);
  });

test('the other end of a pipe: EBUSY if it is to be closed', async ({ guest }) => {
  const target = await frozenSubject(guest, 'sharer', { args: ['pipe'] });
  const result = await guest.checkpoint(target.pid, { flags: closed });
  assert.is(result.errno, 'EBUSY');
  assert.match(
    (await result.image()).error ?? '',
    /^task \d+ \(sharer\) fd \d+: file has an end outside of the tree: pipe:\[\d+\]$/,
  );
  assert.is((await guest.checkpoint(target.pid, { flags: subtree })).errno, null);
  assert.is(await target.ask('close'), 'closed');
  assert.is((await guest.checkpoint(target.pid, { flags: closed })).errno, null, 'nobody writes');
  await guest.thaw(target.pid);
});

test('a tree with sessions and groups of its own is saved', async ({ guest }) => {
  const workload = await startWorkload(guest, 'session');
  await freezeAll(guest, workload);
  assert.is((await guest.checkpoint(workload.pid, { flags: closed })).errno, null);
  await thaw(guest, workload);
  await endWell(guest, workload);
});

test('one that has nothing outside is saved, and its image tells what was asked', async ({
  guest,
}) => {
  const target = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(target.pid, { flags: closed });
  assert.is(result.errno, null);
  const image = await result.image();
  assert.ok(image.complete);
  assert.is(Number(image.objects[0]?.fields['uflags']), closed);
  await guest.thaw(target.pid);
});

test.run();
