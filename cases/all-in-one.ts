import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { keptSince } from './support/slabs.ts';
import type { Counts } from './support/slabs.ts';
import { runShell, textOf } from './support/workload.ts';

const test = suite('a guest in which all cases have run');

/** Where the guest keeps its first counts. */
const counts = '/tmp/slabs-of-the-first';

/**
 * How many more a cache may hold of which no task is made: the kernel learns names and keeps
 * buffers, the lab keeps lines.
 */
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
    const before = JSON.parse(text) as Counts;
    assert.equal(await keptSince(guest, before, 0, tolerance), [], 'nothing is kept');
  },
);

test.run();
