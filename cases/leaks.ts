import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { savedSelf } from './support/self.ts';
import { keptSince } from './support/slabs.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';

const test = suite('a thousand checkpoints leave nothing behind').needs({ patch: patches.subtree });

const times = 1000;
/** Objects a cache may differ by. One object left behind by each call would be a thousand. */
const tolerance = 20;

const lab = { uid: 1000, gid: 1000 };

test('successes', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, counter.pid), { ok: count }),
  );
  await unharmed(guest, counter);
});

test('refusals: ESRCH', async ({ guest }) => {
  const pid = await guest.unusedPid();
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, pid), { ESRCH: count }),
  );
});

test('refusals: EPERM', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, counter.pid, lab), { EPERM: count }),
  );
  await unharmed(guest, counter);
});

test('refusals: EBUSY, not frozen', async ({ guest }) => {
  const sleeper = await guest.subject('sleeping');
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, sleeper.pid), { EBUSY: count }),
  );
});

test('refusals: EBUSY, ptraced', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const tracer = await guest.trace(counter.pid);
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, counter.pid), { EBUSY: count }),
  );
  await tracer.detach();
  await counter.signal('SIGCONT');
  await unharmed(guest, counter);
});

test('refusals: EAGAIN', async ({ guest }) => {
  const zombie = await guest.subject('zombie');
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, zombie.pid), { EAGAIN: count }),
  );
});

test('refusals: EINVAL, unknown flags', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, counter.pid, { flags: 0x3 }), { EINVAL: count }),
  );
  await unharmed(guest, counter);
});

test('refusals: EINVAL, no container init', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, counter.pid, { flags: 0 }), { EINVAL: count }),
  );
  await unharmed(guest, counter);
});

test('failures in the middle: ENOSPC', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const folder = await guest.smallFileSystem(4);
  await guest.write(`${folder}/rest`, Buffer.alloc(4096, 'x'));
  const to = { kind: 'file', path: `${folder}/image` } as const;
  await leavesNothing(guest, async (count) =>
    assert.equal(await guest.repeat(count, counter.pid, { to }), { ENOSPC: count }),
  );
  await unharmed(guest, counter);
});

test('restarts that are refused: EINVAL, at the end of the image', async ({ guest }) => {
  const { path, bytes } = await savedSelf(guest);
  await guest.write(path, withNumber(bytes, placeOf(bytes, types.tail) + 8, 8, 0n));
  await leavesNothing(guest, async (count) => {
    const words = ['repeat', String(count), '--', 'restart', '--in', path, '--flags', '0'];
    assert.equal((await guest.shim(...words))['counts'], { EINVAL: count });
  });
});

/**
 * Calls a hundred times to fill the caches, then a thousand times, and compares the counts of
 * all caches: which of them hold tasks, paths or buffers differs from kernel to kernel.
 */
async function leavesNothing(guest: Guest, call: (count: number) => Promise<void>): Promise<void> {
  await call(100);
  const before = await guest.slabs();
  await call(times);
  assert.ok((before['task_struct'] ?? 0) > 0, 'the kernel tells its counts');
  const kept = await keptSince(guest, before, tolerance);
  assert.equal(kept, [], 'objects of these caches do not come back');
}

test.run();
