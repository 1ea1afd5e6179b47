import { assert, suite } from '../harness/case.ts';
import type { Guest } from '../harness/case.ts';
import { patches } from './support/patches.ts';

const test = suite('tasks that were looked at can go').needs({ patch: patches.subtree });

const size = 60;

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
      if (frozen) await guest.thaw(...pids.map(Number));
      assert.is(await crowd.ask('reap'), `reaped=${size}`);
    };
    await comesBack(guest, round);
  });

/**
 * Makes one round to fill the caches, and three more. What the last round of either has freed
 * may still wait for its turn with RCU, so a round's size is no leak; three rounds' are.
 */
async function comesBack(guest: Guest, round: () => Promise<void>): Promise<void> {
  await round();
  const before = await guest.slabs();
  for (let i = 0; i < 3; i++) await round();
  const after = await guest.slabs();
  assert.ok((before['task_struct'] ?? 0) > 0, 'the kernel tells its counts');
  const growth = Object.entries(after)
    .map(([name, count]) => ({ name, before: before[name] ?? 0, after: count }))
    .filter((cache) => cache.after - cache.before > 2 * size);
  assert.equal(growth, [], 'these caches have grown');
}

test.run();
