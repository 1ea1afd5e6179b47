import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';

const test = suite('kernel.ckpt_unpriv_allowed').needs({ patch: patches.subtree });

const name = 'kernel.ckpt_unpriv_allowed';
const lab = { uid: 1000, gid: 1000 };

test('is 1 to begin with', async ({ guest }) => {
  assert.is(await guest.sysctl(name), '1');
});

test('at 0 checkpoint without privilege is EPERM, without a record', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter', lab);
  await guest.sysctl(name, '0');
  const result = await guest.checkpoint(counter.pid, lab);
  assert.is(result.errno, 'EPERM');
  assert.is(result.bytes, 0);
  await unharmed(guest, counter);
});

test('at 0 restart without privilege is EPERM', async ({ guest }) => {
  const path = `${await guest.folder()}/image`;
  await guest.write(path, 'no image');
  await guest.sysctl(name, '0');
  assert.is((await guest.restart(0, path, lab)).errno, 'EPERM');
  // Allowed, the same call gets as far as the image.
  await guest.sysctl(name, '1');
  assert.is((await guest.restart(0, path, lab)).errno, 'EINVAL');
});

test('at 0 root may', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter', lab);
  await guest.sysctl(name, '0');
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
  await unharmed(guest, counter);
});

test('back at 1 everybody may', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter', lab);
  await guest.sysctl(name, '0');
  assert.is((await guest.checkpoint(counter.pid, lab)).errno, 'EPERM');
  await guest.sysctl(name, '1');
  const result = await guest.checkpoint(counter.pid, lab);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
  await unharmed(guest, counter);
});

test.run();
