import { assert, suite } from '../harness/case.ts';
import type { Guest } from '../harness/case.ts';
import { runShell, textOf } from './support/workload.ts';

const test = suite('a guest in which all cases have run');

/** Where the guest keeps its first counts. */
const counts = '/tmp/slabs-of-the-first';

/** What tasks are made of: each object counts. */
const exact = [
  ...['task_struct', 'mm_struct', 'files_cache', 'fs_cache', 'filp', 'signal_cache'],
  ...['sighand_cache', 'cred_jar', 'pid', 'nsproxy', 'sigqueue', 'mnt_cache', 'shmem_inode_cache'],
];

/** How many more others may hold: the kernel learns names and keeps buffers, the lab keeps lines. */
const tolerance = 400;

/** What subjects and freezer groups leave by design: a guest is thrown away. */
async function sweep(guest: Guest): Promise<void> {
  await runShell(guest, 'rm -f /tmp/subject-*; rmdir /cgroup/*/*/ 2> /dev/null; true');
}

test.needs({ allInOne: 'first' })('tells its counts', async ({ guest }) => {
  await guest.write(counts, '');
  const before = await guest.slabs();
  assert.ok((before['task_struct'] ?? 0) > 0, 'the kernel tells its counts');
  await guest.write(counts, JSON.stringify(before));
});

test.needs({ allInOne: 'last' })(
  'holds no more objects of any slab cache than before the first',
  async ({ guest }) => {
    await sweep(guest);
    const text = await textOf(guest, counts);
    assert.ok(text, 'the first counts are there: choose the first case of this file as well');
    const before = JSON.parse(text) as Record<string, number>;
    // Who counts holds objects for each name that it counts.
    const after = await guest.slabs(...Object.keys(before));
    const more = Object.entries(after)
      .map(([name, count]) => ({ name, by: count - (before[name] ?? 0) }))
      .filter(({ name, by }) => by > (exact.includes(name) ? 0 : tolerance))
      .map(({ name, by }) => `${name}: ${by} more`);
    assert.equal(more, []);
  },
);

test.run();
