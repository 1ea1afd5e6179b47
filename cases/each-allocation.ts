import { assert, suite } from './cr/case.ts';
import { failEveryAllocation, failNone, failNth, survivesFailures } from './support/failing.ts';
import { patches } from './support/patches.ts';
import { keptSince } from './support/slabs.ts';
import { frozenSubject } from './support/tasks.ts';
import { savedWorkload, textOf } from './support/workload.ts';

const test = suite('each allocation that can fail').needs({ patch: patches.ipcUndo }).within(300);

/** Of which a failure could keep some; others are of one kind with large buffers. */
const caches = [
  ...['task_struct', 'mm_struct', 'files_cache', 'vm_area_struct', 'filp'],
  ...['nsproxy', 'sigqueue', 'shmem_inode_cache'],
];

test('of a checkpoint: the task is as it was', ({ guest }) =>
  survivesFailures(guest, 'alone', {
    ...{ fail: failEveryAllocation, least: 40, caches, tolerance: 20 },
  }));

test('of a checkpoint that is refused: it is, or there is no memory', async ({ guest }) => {
  const path = `${await guest.folder()}/thing`;
  const { pid } = await frozenSubject(guest, 'refused', { args: ['pair', path] });
  const words = ['checkpoint', '--pid', String(pid), '--flags', '1', '--out', `${path}.image`];
  // It is refused all the same where only its name can't be told.
  let last = 0;
  for (let nth = 1; nth <= 40; nth++) {
    await failNth(guest, nth);
    const { errno } = await guest.shim(...words, '--make-it-fail');
    assert.ok(errno === 'EBADF' || errno === 'ENOMEM', JSON.stringify(errno));
    if (errno === 'ENOMEM') last = nth;
  }
  await failNone(guest);
  assert.ok(last > 0 && last < 40, `the last that it needs is before the 40th: ${last}`);
});

test('of a restart: it can be restarted afterwards', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'alone');
  const go = `${workload.folder}/go`;
  const words = ['restart', '--self', '--in', image, '--flags', '0', '--once-restored', go];
  const restart = async (...more: readonly string[]) => {
    await guest.shim('rm', go);
    const { errno, status } = await guest.shim(...words, ...more);
    // An open file or an id that there is no memory for may be one too many to the kernel.
    assert.ok(
      errno === null
        ? status === 0
        : typeof errno === 'string' && /^(ENOMEM|ENFILE|EAGAIN|ENOSPC)$/.test(errno),
      JSON.stringify({
        errno,
        status,
        verdict: await textOf(guest, `${workload.folder}/verdict`),
      }),
    );
    return errno;
  };
  const before = await guest.slabs(...caches);
  const failures = await failEveryAllocation(
    guest,
    async () => (await restart('--make-it-fail')) === null,
  );
  assert.ok(failures >= 20, `${failures} allocations have failed`);
  assert.equal(await keptSince(guest, before, 20), [], 'nothing is kept');
  assert.is(await restart(), null);
  assert.match(await textOf(guest, `${workload.folder}/verdict`), /^(pass\n)+$/);
});

test.run();
