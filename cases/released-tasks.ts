import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { keptSince } from './support/slabs.ts';

const test = suite('tasks that were looked at can go').needs({ patch: patches.subtree });

const size = 40;
const rounds = 5;

/** What a task holds, and is not shared with others. */
const caches = ['task_struct', 'nsproxy', 'mm_struct', 'files_cache', 'signal_cache'];

const cases = [
  { what: 'after a success', kind: 'sleeping', frozen: true, uid: 0, answer: 'ok' },
  { what: 'after EBUSY', kind: 'sleeping', frozen: false, uid: 0, answer: 'EBUSY' },
  { what: 'after EAGAIN', kind: 'zombie', frozen: false, uid: 0, answer: 'EAGAIN' },
  { what: 'after EPERM', kind: 'undumpable', frozen: false, uid: 1000, answer: 'EPERM' },
] as const;

// A reference to one target that is kept a thousand times keeps one task, which no count of
// objects shows. So there are many targets, each looked at once.
for (const { what, kind, frozen, uid, answer } of cases)
  test(`${what} their memory comes back`, async ({ guest }) => {
    const crowd = await guest.subject('crowd', { uid, gid: uid });
    const round = async () => {
      const pids = (await crowd.ask(`make ${size} ${kind}`)).replace('pids=', '').split(',');
      assert.is(pids.length, size);
      if (frozen) await guest.freeze(...pids.map(Number));
      assert.is((await crowd.ask('checkpoint')).trim(), `${answer}=${size}`);
      // They are one group.
      if (frozen) await guest.thaw(Number(pids[0]));
      assert.is(await crowd.ask('reap'), `reaped=${size}`);
    };
    await comesBack(guest, round);
  });

/**
 * Makes one round to fill the caches, then the others, and compares counts. Half of what could
 * be kept is more than a processor's slab of any of these caches.
 */
async function comesBack(guest: Guest, round: () => Promise<void>): Promise<void> {
  await round();
  const before = await guest.slabs(...caches);
  for (let i = 0; i < rounds; i++) await round();
  const kept = await keptSince(guest, before, (rounds * size) / 2);
  assert.equal(kept, [], 'objects of these caches do not come back');
}

test.run();
