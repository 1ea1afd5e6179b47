import { assert, suite } from './cr/case.ts';
import type { CallOptions } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { savedSelf } from './support/self.ts';
import { frozenSubject } from './support/tasks.ts';

const test = suite('the file that the image is in').needs({ patch: patches.subtree });

// A file that a context forgets to put down keeps its file system busy for ever.
for (const [what, options, errno] of [
  ['a success', {}, null],
  ['a refusal', { flags: 0 }, 'EINVAL'],
  ['a refusal with a record', { uid: 1000, gid: 1000 }, 'EPERM'],
] as const satisfies readonly (readonly [string, CallOptions, string | null])[])
  test(`is let go after ${what}`, async ({ guest }) => {
    const target = await frozenSubject(guest, 'sleeping');
    const folder = await guest.folder();
    await guest.shim('mount', 'tmpfs', 'none', folder);
    const to = { kind: 'file', path: `${folder}/image` } as const;
    assert.is((await guest.checkpoint(target.pid, { ...options, to })).errno, errno);
    assert.is((await guest.shim('umount', folder))['errno'], null);
  });

test('is let go after a restart that was refused', async ({ guest }) => {
  const { bytes } = await savedSelf(guest);
  const folder = await guest.folder();
  await guest.shim('mount', 'tmpfs', 'none', folder);
  await guest.write(`${folder}/image`, bytes.subarray(0, 100));
  assert.is((await guest.restart(0, `${folder}/image`)).errno, 'EPIPE');
  assert.is((await guest.shim('umount', folder))['errno'], null);
});

test('is let go after a restart that was not', async ({ guest }) => {
  const { self, bytes } = await savedSelf(guest);
  const folder = await guest.folder();
  await guest.shim('mount', 'tmpfs', 'none', folder);
  await guest.write(`${folder}/image`, bytes);
  assert.match(await self.ask(`restart ${folder}/image`), /^ret=0 /);
  assert.is((await guest.shim('umount', folder))['errno'], null);
});

/** Named by a device's number, that something may take pointers out of what is written there. */
test.needs({ patch: patches.devices, base: 'v2.6.30' })(
  'is no device but the simplest: EINVAL',
  async ({ guest }) => {
    const target = await frozenSubject(guest, 'sleeping');
    const to = { kind: 'file', path: '/dev/ptmx' } as const;
    assert.is((await guest.checkpoint(target.pid, { to })).errno, 'EINVAL');
    await guest.thaw(target.pid);
  },
);

test.run();
