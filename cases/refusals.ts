import { assert, suite } from './cr/case.ts';
import type { Needs } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { comesTo, frozenSubject, nameOf } from './support/tasks.ts';

const test = suite('what a checkpoint refuses, by name').needs({ patch: patches.signals });

type Refusal = readonly [kind: string, errno: string, said: RegExp, needs?: Needs];

const ipc = patches.ipcSharedMemory;
const newer = { base: 'v6.1' };

/** What a task has, the error it brings, and what the record says after the task's name. */
const refusals: readonly Refusal[] = [
  ['tcp', 'EBADF', /^fd \d+: file of sockfs is not supported: socket:\[\d+\]$/],
  ['pair', 'EBADF', /^fd \d+: file of sockfs is not supported: socket:\[\d+\]$/],
  ['epoll', 'EBADF', /^fd \d+: file of anon_inodefs is not supported: anon_inode:\[eventpoll\]$/],
  ['signalfd', 'EBADF', /^fd \d+: file of anon_inodefs is not supported: .*\[signalfd\]$/],
  ['timerfd', 'EBADF', /^fd \d+: file of anon_inodefs is not supported: .*\[timerfd\]$/],
  ['eventfd', 'EBADF', /^fd \d+: file of anon_inodefs is not supported: .*\[eventfd\]$/],
  ['inotify', 'EBADF', /^fd \d+: file of \w+ is not supported: (anon_inode:)?inotify$/],
  ['pty', 'EBADF', /^fd \d+: file is a terminal: \/dev\/p\w+$/],
  ['mqueue', 'EBADF', /^fd \d+: file of mqueue is not supported: .*\/refused$/],
  ['proc', 'EBADF', /^fd \d+: file of proc is not supported: \/proc\/\d+\/maps$/],
  ['unlinked', 'EBADF', /^fd \d+: file is unlinked: \/tmp\/.* \(deleted\)$/],
  ['unlinked-map', 'EBADF', /^mapping \w+-\w+: file is unlinked: \/tmp\/.* \(deleted\)$/],
  ['locked', 'ENOSYS', /^fd \d+: file is locked: \/tmp\/\S+$/],
  ['device', 'ENOSYS', /^mapping \w+-\w+ is of a device$/],
  ['huge', 'ENOSYS', /^mapping \w+-\w+ is of huge pages$/],
  // Newer kernels make several mappings of it.
  ['nonlinear', 'ENOSYS', /^mapping \w+-\w+ is nonlinear$/, { base: 'v2.6.30' }],
  ['mounts', 'EPERM', /^is in another mount namespace$/],
  ['network', 'EPERM', /^is in another net namespace$/],
  ['cgroups', 'EPERM', /^is in another cgroup namespace$/, newer],
  [
    'attached',
    'EPERM',
    /^mapping \w+-\w+: shared memory of another IPC namespace$/,
    { patch: ipc },
  ],
  ['aio', 'ENOSYS', /^has contexts of asynchronous i\/o$/, { patch: patches.aio }],
  ['terminal', 'ENOSYS', /^has a controlling terminal$/, { patch: patches.terminal }],
  [
    'dispatch',
    'ENOSYS',
    /^is confined by syscall user dispatch$/,
    { ...newer, patch: patches.dispatch },
  ],
  ['timer', 'ENOSYS', /^has posix timers$/],
  ['real-time', 'ENOSYS', /^has a real-time policy$/],
  ['memfd', 'EBADF', /^fd \d+: file is outside of the root: \/memfd:memory \(deleted\)$/, newer],
  ['memfd-map', 'EBADF', /^mapping \w+-\w+: file is outside of the root: \/memfd.*$/, newer],
  ['counter', 'EBADF', /^fd \d+: file of anon_inodefs is not supported: .*\[perf_event\]$/, newer],
  ['pidfd', 'EBADF', /^fd \d+: file of anon_inodefs is not supported: .*\[pidfd\]$/, newer],
];

for (const [kind, errno, said, needs = {}] of refusals)
  test.needs(needs)(`${kind}: ${errno}, and the record says what it is`, async ({ guest }) => {
    const path = `${await guest.folder()}/thing`;
    const target = await frozenSubject(guest, 'refused', { args: [kind, path] });
    const result = await guest.checkpoint(target.pid);
    assert.is(result.errno, errno);
    const { error = '' } = await result.image();
    const start = `task ${await nameOf(guest, target.pid)} `;
    assert.ok(error.startsWith(start), error);
    assert.match(error.slice(start.length), said);
    // It can go on, and be refused again.
    await guest.thaw(target.pid);
    await comesTo(guest, target.pid, 'S');
    await guest.freeze(target.pid);
    assert.is((await guest.checkpoint(target.pid)).errno, errno);
  });

test.needs({ patch: patches.readable })(
  'a FIFO that the caller may only write to: EACCES, and the record says which one',
  async ({ guest }) => {
    const path = `${await guest.folder()}/box`;
    const lab = { uid: 1000, gid: 1000 };
    const target = await frozenSubject(guest, 'refused', { ...lab, args: ['letter-box', path] });
    const result = await guest.checkpoint(target.pid, lab);
    assert.is(result.errno, 'EACCES');
    const name = await nameOf(guest, target.pid);
    assert.is((await result.image()).error, `task ${name} fd 0: file may not be read: ${path}`);
    assert.is((await guest.checkpoint(target.pid)).errno, null, 'root may read it');
    await guest.thaw(target.pid);
  },
);

/** What an IPC namespace has that nobody else is in: the record says nothing of a task. */
const left = [
  ['huge-segment', 'ENOSYS', /^shared memory \d+ is of huge pages$/, ipc],
  ['queue-left', 'ENOSYS', /^IPC namespace has POSIX message queues$/, patches.ipcNamespace],
  ['long-queue', 'E2BIG', /^message queue \d+ is too long$/, patches.queueLength],
  ['forced-removal', 'ENOSYS', /^IPC namespace has shm_rmid_forced$/, patches.ipcNamespace, newer],
] as const;

for (const [kind, errno, said, patch, needs = {}] of left)
  test.needs(needs).needs({ patch })(
    `${kind}: ${errno}, and the record says what it is`,
    async ({ guest }) => {
      const path = `${await guest.folder()}/thing`;
      const target = await frozenSubject(guest, 'refused', { args: [kind, path] });
      const result = await guest.checkpoint(target.pid);
      assert.is(result.errno, errno);
      assert.match((await result.image()).error ?? '', said);
      await guest.thaw(target.pid);
    },
  );

test('a stack segment of its own: ENOSYS, and the record says so', async ({ guest }) => {
  const target = await frozenSubject(guest, 'other-stack');
  const result = await guest.checkpoint(target.pid);
  assert.is(result.errno, 'ENOSYS');
  assert.match(
    (await result.image()).error ?? '',
    /^task \d+ \(other-stack\) has unsupported segments$/,
  );
  await guest.thaw(target.pid);
});

test.run();
