import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import { failNone, failNth } from './support/failing.ts';
import { firstPlacesIn, placeOf, placesIn, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { keptSince } from './support/slabs.ts';
import { bringBack, endAgain, endWell, savedWorkload, tasksComeTo } from './support/workload.ts';

const test = suite('a restart of a tree that fails half-way')
  .needs({ patch: patches.ipcUndo })
  .within(120);

/** Of which a task that is not restored could leave some; `pid` is shared with others. */
const caches = [
  ...['task_struct', 'mm_struct', 'files_cache', 'fs_cache', 'vm_area_struct', 'filp', 'pid'],
  ...['sighand_cache', 'signal_cache', 'cred_jar', 'nsproxy', 'shmem_inode_cache', 'sigqueue'],
];

/** Of which there is one for each namespace, and none that the lab makes. */
const namespaces = ['mqueue_inode_cache', 'nsproxy'];

/** Freezer group of a tool and all the tasks that it makes. */
const group = 'half-way-tree';

/** With pipes, shared memory, System V IPC, a thread and a zombie. */
const name = 'together';

test.needs({ patch: patches.ipcMounts })(
  'whichever allocation fails: nothing is left, the next one works',
  async ({ guest }) => {
    const { workload, image } = await savedWorkload(guest, name);
    const errors = `${workload.folder}/errors`;
    const tool = `restart --make-it-fail --copy-status ${image} 2> ${errors}`;
    const words = ['busybox', 'sh', '-c', `${tool} || tail -n 1 ${errors}`];
    // An open file or an id that there is no memory for may be one too many to the kernel.
    const says = /^(restarted .*|restart: sys_restart: (ENOMEM|ENFILE|EAGAIN|ENOSPC))$/;
    const before = await guest.slabs(...caches);
    const spaces = await guest.slabs(...namespaces);
    let [failures, successes] = [0, 0];
    try {
      // Some may fail without harm, like the details of a signal: three in a row are past the last.
      for (let nth = 1; successes < 3; nth += Math.ceil(nth / 5)) {
        await failNth(guest, nth);
        const program = await guest.program(words, { says, group });
        await failNone(guest);
        if (program.facts['pid'] === undefined) {
          failures += 1;
          successes = 0;
          assert.is((await program.ended()).signal, null);
        } else {
          assert.ok(nth > 1, 'the first allocation fails');
          successes += 1;
          await endAgain(guest, { ...workload, program });
        }
        await tasksComeTo(guest, { ...workload, group }, 0, `tasks left by allocation ${nth}`);
      }
    } finally {
      await failNone(guest);
    }
    assert.ok(failures >= 20, `${failures} allocations have failed`);
    assert.equal(await keptSince(guest, before, 5), [], 'nothing is kept');
    assert.equal(await keptSince(guest, spaces, 0), [], 'no namespace is kept');
    await endWell(guest, await bringBack(guest, workload, image));
  },
);

/** Returns lengths that an image may be cut to: after objects of each kind and task, and inside. */
function cutsOf(bytes: Buffer): readonly number[] {
  const places = placesIn(bytes);
  const tasks = places.filter(({ type }) => type === types.task);
  const inside = places.filter((_, i) => i % 50 === 49).map((place) => place.offset + 5);
  const short = places
    .filter((_, i) => i % 50 === 24)
    .map((place) => place.offset + place.length - 1);
  const after = [...firstPlacesIn(bytes), ...tasks].map(({ offset }) => offset);
  const all = new Set([...after, ...inside, ...short, bytes.length - 1]);
  return [...all].filter((length) => length > 0).sort((a, b) => a - b);
}

for (const options of [[], ['--pids']] as const)
  test.needs({ patch: patches.pids })(
    `${['restart', ...options].join(' ')} of an image that ends half-way: EPIPE, nothing is left`,
    async ({ guest }) => {
      const { workload, image } = await savedWorkload(guest, name);
      const bytes = Buffer.from(await guest.read(image));
      const cuts = cutsOf(bytes);
      assert.ok(cuts.length >= 40, `${cuts.length} lengths`);
      const { folder } = workload;
      const cut = `dd if=${image} of=${folder}/cut bs=$n count=1 2> ${folder}/errors`;
      const tool = `restart ${options.join(' ')} ${folder}/cut 2> ${folder}/errors`;
      const answer = `echo $n $? $(tail -n 1 ${folder}/errors)`;
      const script = `for n in ${cuts.join(' ')}; do ${cut}; ${tool}; ${answer}; done`;
      const before = await guest.slabs(...caches);
      const words = ['busybox', 'sh', '-c', `echo begin; ${script}`];
      const program = await guest.program(words, { says: /^begin$/, group });
      const tree = placeOf(bytes, types.task);
      for (const length of cuts)
        assert.is(
          await program.line(),
          length < tree
            ? `${length} 3 restart: the image ends before its tree`
            : `${length} 1 restart: sys_restart: EPIPE`,
        );
      await program.ended();
      await tasksComeTo(guest, { ...workload, group }, 0, 'tasks left by all of them');
      assert.equal(await keptSince(guest, before, 5), [], 'nothing is kept');
      await endWell(guest, await bringBack(guest, workload, image));
    },
  );

test.run();
