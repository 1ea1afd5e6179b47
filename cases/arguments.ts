import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';

const test = suite('checkpoint and its flags').needs({ patch: patches.subtree });

// With CHECKPOINT_SUBTREE among them: without it they would be refused for another reason.
/** A word that has more bits than i386's. */
const wide = test.needs({ architecture: 'x86_64' });

for (const [register, flags] of [
  [test, 0x3],
  [test, 0x5],
  [test, 0x8000_0001],
  [wide, 0x1_0000_0001],
] as const)
  register(`flags 0x${flags.toString(16)}: EINVAL, nothing is written`, async ({ guest }) => {
    const counter = await frozenSubject(guest, 'counter');
    const result = await guest.checkpoint(counter.pid, { flags });
    assert.is(result.errno, 'EINVAL');
    assert.is(result.bytes, 0);
    await unharmed(guest, counter);
  });

test('unknown flags beat a closed descriptor', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const to = { kind: 'closed-descriptor' } as const;
  assert.is((await guest.checkpoint(counter.pid, { flags: 0x3, to })).errno, 'EINVAL');
  // With flags that are known the descriptor gets its turn.
  assert.is((await guest.checkpoint(counter.pid, { to })).errno, 'EBADF');
});

test('unknown flags beat a pid that is not there', async ({ guest }) => {
  const pid = await guest.unusedPid();
  assert.is((await guest.checkpoint(pid, { flags: 0x3 })).errno, 'EINVAL');
  assert.is((await guest.checkpoint(pid)).errno, 'ESRCH');
});

test.run();
