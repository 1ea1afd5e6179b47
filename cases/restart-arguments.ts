import { assert, suite } from './cr/case.ts';
import { rewrite, savedLeader, withZombie } from './support/leading.ts';
import { patches } from './support/patches.ts';
import { savedSelf, untouched } from './support/self.ts';

const test = suite('restart and its arguments').needs({ patch: patches.subtree });

/** A word that has more bits than i386's. */
const wide = test.needs({ architecture: 'x86_64' });

for (const [register, flags] of [
  [test, 0x8],
  [test, 0x10],
  [test, 0x80000000],
  [wide, 0x1_0000_0000],
] as const)
  register(`flags 0x${flags.toString(16)}: EINVAL`, async ({ guest }) => {
    const { path } = await savedSelf(guest);
    const result = await guest.restart(0, path, { flags });
    assert.is(result.errno, 'EINVAL');
    assert.is(result.signal, undefined);
  });

test('a pid that no task has: ESRCH', async ({ guest }) => {
  const { path } = await savedSelf(guest);
  assert.is((await guest.restart(await guest.unusedPid(), path)).errno, 'ESRCH');
});

test.needs({ patch: patches.tree })(
  "another task's pid: waits for it to lead, and can be killed",
  async ({ guest }) => {
    const saved = await savedSelf(guest);
    const pid = String(saved.self.pid);
    const words = ['--pid', pid, '--in', saved.path, '--flags', '0', '--timeout', '500'];
    const result = await guest.shim('restart', ...words);
    assert.ok(result['timeout'], 'it waits');
    assert.is(result['signal'], 'SIGKILL');
    await untouched(saved);
  },
);

test.needs({ patch: patches.tree })(
  'the pid of one who leads, and is none of ours: EPERM',
  async ({ guest }) => {
    const saved = await savedLeader(guest);
    const { leader, path } = saved;
    // It waits for a task that never comes.
    const image = await rewrite(guest, saved, withZombie(saved.bytes, leader.pid, 1));
    const answer = leader.ask(`lead ${image}`).then(
      (line) => line,
      () => 'none',
    );
    const { errno } = await guest.restart(leader.pid, path, { uid: 1000, gid: 1000 });
    assert.is(errno, 'EPERM');
    await leader.signal('SIGKILL');
    assert.is(await answer, 'none');
  },
);

// It would leave its parent's memory, and the parent go on beside it.
test.needs({ patch: patches.tree })('by a child in vfork: EBUSY', async ({ guest }) => {
  const saved = await savedSelf(guest);
  const words = ['--pid', '0', '--in', saved.path, '--flags', '0', '--vforked'];
  assert.is((await guest.shim('restart', ...words))['errno'], 'EBUSY');
  await untouched(saved);
});

// A new address space would inherit it there.
test.needs({ base: 'v2.6.30' }).needs({ patch: patches.memory })(
  'by who has an LDT: EINVAL',
  async ({ guest }) => {
    const saved = await savedSelf(guest);
    const words = ['--self', '--in', saved.path, '--flags', '0', '--ldt'];
    assert.is((await guest.shim('restart', ...words))['errno'], 'EINVAL');
    await untouched(saved);
  },
);

for (const [base, errno] of Object.entries({ 'v2.6.30': 'EISDIR', 'v6.1': 'EINVAL' }))
  test.needs({ base })(`a folder: ${errno}`, async ({ guest }) => {
    assert.is((await guest.restart(0, await guest.folder())).errno, errno);
  });

// Some devices take pointers out of what is read, and would believe that they are the kernel's.
test.needs({ base: 'v2.6.30' }).needs({ patch: patches.devices })(
  'a device that is no file: EINVAL',
  async ({ guest }) => {
    assert.is((await guest.restart(0, '/dev/ptmx')).errno, 'EINVAL');
  },
);

test('a closed descriptor: EBADF', async ({ guest }) => {
  const result = await guest.shim('restart', '--closed-fd', '--flags', '0');
  assert.is(result['errno'], 'EBADF');
});

test('an empty image: EPIPE', async ({ guest }) => {
  const path = `${await guest.folder()}/image`;
  await guest.write(path, '');
  const result = await guest.restart(0, path);
  assert.is(result.errno, 'EPIPE');
  assert.is(result.signal, undefined);
});

test('the error record of a refused checkpoint is no image: EINVAL', async ({ guest }) => {
  const sleeper = await guest.subject('sleeping');
  const { path, errno } = await guest.checkpoint(sleeper.pid);
  assert.is(errno, 'EBUSY');
  assert.ok(path !== undefined);
  assert.is((await guest.restart(0, path)).errno, 'EINVAL');
});

test.run();
