import { assert, suite } from './cr/case.ts';
import type { CallOptions, Guest } from './cr/case.ts';
import { objectOf } from './support/image.ts';
import { patches } from './support/patches.ts';
import { frozenSubject } from './support/tasks.ts';

const test = suite("the target's root and the caller's").needs({ patch: patches.subtree });

// A path that a context forgets to put down keeps its file system busy for ever.
for (const [what, options, errno] of [
  ['a success', {}, null],
  ['a refusal: EPERM', { uid: 1000, gid: 1000 }, 'EPERM'],
  ['a refusal: EINVAL', { flags: 0 }, 'EINVAL'],
  ['a failure in the middle: ENOSPC', { to: { kind: 'file', path: '/dev/full' } }, 'ENOSPC'],
  ['a failure in the middle: EPIPE', { to: { kind: 'closed-pipe' } }, 'EPIPE'],
] as const satisfies readonly (readonly [string, CallOptions, string | null])[])
  test(`${what} lets go of the target's root`, async ({ guest }) => {
    const folder = await tmpfs(guest);
    const target = await frozenSubject(guest, 'sleeping', { chroot: folder });
    assert.is((await guest.checkpoint(target.pid, options)).errno, errno);
    assert.is(await umount(guest, folder), 'EBUSY', 'the target is still there');
    await guest.thaw(target.pid);
    await target.signal('SIGKILL');
    await target.ended();
    assert.is(await umount(guest, folder), null);
  });

test("a success lets go of the caller's root", async ({ guest }) => {
  const folder = await tmpfs(guest);
  const target = await frozenSubject(guest, 'sleeping');
  const result = await guest.checkpoint(target.pid, { chroot: folder });
  assert.is(result.errno, null, "the target may live outside of the caller's root");
  assert.ok((await result.image()).complete);
  assert.is(await umount(guest, folder), null);
});

test('a target with another root gives a whole image', async ({ guest }) => {
  const folder = await guest.smallFileSystem(1024);
  const target = await frozenSubject(guest, 'sleeping', { chroot: folder });
  const result = await guest.checkpoint(target.pid);
  assert.is(result.errno, null);
  assert.ok((await result.image()).complete);
});

// Where the lab has mounted that file system is nothing the image may tell.
test.needs({ patch: patches.memory })(
  "files are named as the target's root has them, whatever the caller's is",
  async ({ guest }) => {
    const folder = await guest.smallFileSystem(1024);
    const elsewhere = await guest.smallFileSystem(64);
    const target = await frozenSubject(guest, 'sleeping', { chroot: folder });
    for (const options of [{}, { chroot: elsewhere }]) {
      const image = await (await guest.checkpoint(target.pid, options)).image();
      assert.is(objectOf(image, 'FILE_NAME').fields['text'], '/subject', 'its program');
    }
  },
);

/** Mounts a tmpfs that cases can try to unmount. */
async function tmpfs(guest: Guest): Promise<string> {
  const folder = await guest.folder();
  await guest.shim('mount', 'tmpfs', 'none', folder);
  return folder;
}

/** Tries to unmount, and returns the name of the error. */
async function umount(guest: Guest, folder: string): Promise<unknown> {
  return (await guest.shim('umount', folder))['errno'];
}

test.run();
