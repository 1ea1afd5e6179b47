import { assert, suite } from './cr/case.ts';
import type { Guest, Needs } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { comesTo, nameOf } from './support/tasks.ts';
import { endWell, freezeAll, startWorkload, thaw } from './support/workload.ts';

const test = suite('what a checkpoint refuses of tasks, by name').needs({ patch: patches.calls });

type Refusal = readonly [kind: string, errno: string, said: RegExp, needs?: Needs];

const newer = { base: 'v6.1' };
const directories = { patch: patches.directories };

/** What a task has, the error it brings, and what the record says after the task's name. */
const own: readonly Refusal[] = [
  ['owner', 'ENOSYS', /^fd \d+: file sends signals: pipe:\[\d+\]$/],
  ['asynchronous', 'ENOSYS', /^fd \d+: file sends signals: pipe:\[\d+\]$/],
  ['large-pipe', 'ENOSYS', /^fd \d+: file is too large: pipe:\[\d+\]$/, newer],
  ['packets-left', 'ENOSYS', /^fd \d+: file holds packets or notifications: pipe:\[\d+\]$/, newer],
  ['range', 'ENOSYS', /^fd \d+: file is locked: \/tmp\/\S+$/],
  ['odd-name', 'ENOSYS', /^fd \d+: file is locked: \/tmp\/\S+thing\?odd\?\?$/],
  ['lease', 'ENOSYS', /^fd \d+: file has a lease: \/tmp\/\S+$/],
  ['device', 'EBADF', /^fd \d+: file is the block device 7:0: \/tmp\/\S+$/],
  ['path', 'EBADF', /^fd \d+: file is open as a path only: \/tmp\/\S+$/, newer],
  ['nameless', 'ENOSYS', /^fd \d+: file was made without a name: \/tmp\/\S+ \(deleted\)$/, newer],
  ['terminal', 'EBADF', /^fd 10: file is a terminal: \/dev\/pts\/\d+$/],
  ['fifo', 'EBADF', /^fd \d+: file is unlinked: \/tmp\/.* \(deleted\)$/],
  ['folder', 'EBADF', /^working directory is unlinked$/, directories],
  ['mount', 'EBADF', /^working directory is outside of the root$/, directories],
  ['file-outside', 'EBADF', /^fd \d+: file is outside of the root: \S+$/],
  ['time-stamps', 'ENOSYS', /^may not read the time stamp counter$/],
  ['descriptors', 'ENOSYS', /^has an LDT$/, newer],
  ['own-work', 'EBUSY', /^is in a system call that is unknown$/],
  ['child-handlers', 'ENOSYS', /^shares signal handlers with another process$/],
];

/** The same of a task whose child has it: that is the one to be named. */
const childs: readonly Refusal[] = [
  ['child-names', 'EPERM', /^is in another uts namespace$/],
  ['child-ipc', 'EPERM', /^is in another ipc namespace$/],
  ['child-pids', 'EPERM', /^is in another pid namespace$/],
  ['child-users', 'EPERM', /^is in another user namespace$/, { patch: patches.credentials }],
  ['child-mounts', 'EPERM', /^is in another mount namespace$/],
  ['child-network', 'EPERM', /^is in another net namespace$/],
  ['child-cgroups', 'EPERM', /^is in another cgroup namespace$/, newer],
  ['child-root-unlinked', 'EBADF', /^root directory is unlinked$/, directories],
  ['child-root-outside', 'EBADF', /^root directory is outside of the root$/, directories],
];

const group = 'unusual';

/** The pid of a task's only child; that it has another number of them is an assertion. */
async function childOf(guest: Guest, pid: number): Promise<number> {
  const text = new TextDecoder().decode(await guest.read(`/cgroup/freezer/${group}/tasks`));
  const states = await Promise.all(
    text
      .trim()
      .split('\n')
      .map((task) => guest.state(Number(task))),
  );
  const children = states.filter(({ ppid }) => ppid === pid);
  assert.is(children.length, 1, `task ${pid} has one child`);
  return children[0]?.pid ?? 0;
}

for (const [refusals, who] of [
  [own, 'it'],
  [childs, 'its child'],
] as const)
  for (const [kind, errno, said, needs = {}] of refusals)
    test.needs(needs)(`${kind}: ${errno}, and the record names ${who}`, async ({ guest }) => {
      const path = `${await guest.folder()}/thing`;
      const { pid } = await guest.subject('unusual', { args: [kind, path], group });
      const named = refusals === own ? pid : await childOf(guest, pid);
      // It goes on when it is thawed, and is refused again.
      for (const time of ['first', 'second']) {
        await guest.shim('freeze', String(pid), '--group', group);
        const result = await guest.checkpoint(pid);
        assert.is(result.errno, errno, `the ${time} time`);
        const { error = '' } = await result.image();
        const start = `task ${await nameOf(guest, named)} `;
        assert.ok(error.startsWith(start), error);
        assert.match(error.slice(start.length), said);
        await guest.thaw(pid);
        await comesTo(guest, pid, 'S');
      }
    });

/** What is in a namespace of IPC that its tasks' user may not read. */
const hidden = [
  ['memory', /^shared memory \d+ may not be read$/, patches.ipcSharedMemory],
  ['queue', /^message queue \d+ may not be read$/, patches.ipcQueues],
  ['semaphores', /^semaphores \d+ may not be read$/, patches.ipcSemaphores],
] as const;

for (const [kind, said, patch] of hidden)
  test.needs({ patch })(`${kind}: EACCES, and the record says which`, async ({ guest }) => {
    const { pid } = await guest.subject('unusual', { args: [kind, '/none'] });
    await guest.freeze(pid);
    const result = await guest.checkpoint(pid, { uid: 1000, gid: 0 });
    assert.is(result.errno, 'EACCES');
    assert.match((await result.image()).error ?? '', said);
    assert.is((await guest.checkpoint(pid)).errno, null, 'root may read it');
    await guest.thaw(pid);
  });

test('a program without a name: EBADF, and the record says so', async ({ guest }) => {
  const path = `${await guest.folder()}/busybox`;
  const lines = `cp /bin/busybox ${path}; exec ${path} sh -c 'rm ${path}; echo ready pid=$$; read x'`;
  const { pid } = await guest.program(['busybox', 'sh', '-c', lines], { says: /^ready / });
  await guest.freeze(pid);
  const result = await guest.checkpoint(pid);
  assert.is(result.errno, 'EBADF');
  const said = `task ${await nameOf(guest, pid)} executable: file is unlinked: ${path} (deleted)`;
  assert.is((await result.image()).error, said);
  await guest.thaw(pid);
});

test.needs(newer)(
  'a pid namespace for children to come: EPERM, and the record names it',
  async ({ guest }) => {
    const workload = await startWorkload(guest, 'next-namespace');
    await freezeAll(guest, workload);
    const result = await guest.checkpoint(workload.pid);
    assert.is(result.errno, 'EPERM');
    const { error } = await result.image();
    const name = await nameOf(guest, workload.pid);
    assert.is(error, `task ${name} has another pid namespace for its children`);
    await thaw(guest, workload);
    await endWell(guest, workload);
  },
);

test.run();
