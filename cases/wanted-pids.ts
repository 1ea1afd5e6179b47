import { assert, suite } from './cr/case.ts';
import type { Guest, Needs } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject } from './support/tasks.ts';

const test = suite('a task with pids of choice').needs({ patch: patches.pids });
const ours = { base: 'v2.6.30' };
const theirs = { base: 'v6.1' };

/** What the call says: the new task's pid for its maker, for itself, and for the guest. */
const clone = async (guest: Guest, ...words: readonly string[]) => {
  const { ret, errno, first, own, seen } = await guest.shim('clone', ...words);
  return { ret: Number(ret), errno, first, own: Number(own), seen: Number(seen) };
};

test('it has the pid that was wanted', async ({ guest }) => {
  const pid = await guest.unusedPid();
  const { ret, own, seen, errno } = await clone(guest, '--pids', String(pid));
  assert.equal({ ret, own, seen, errno }, { ret: pid, own: pid, seen: pid, errno: null });
});

for (const [taken, needs] of [
  ['EBUSY', ours],
  ['EEXIST', theirs],
] as const)
  test.needs(needs)(`a pid that a task has: ${taken}`, async ({ guest }) => {
    const { pid } = await frozenSubject(guest, 'sleeping');
    assert.is((await clone(guest, '--pids', String(pid))).errno, taken);
  });

test('none is wanted: it has any', async ({ guest }) => {
  const { ret, own, errno } = await clone(guest);
  assert.is(errno, null);
  assert.ok(ret > 1 && own === ret);
});

test.needs(ours)('0 is any', async ({ guest }) => {
  const { ret, own, errno } = await clone(guest, '--pids', '0');
  assert.is(errno, null);
  assert.ok(ret > 1 && own === ret);
});

/** What is refused, by the words for it; `PID` is one that nobody has. */
const refused: readonly (readonly [
  what: string,
  errno: string,
  words: readonly string[],
  Needs?,
])[] = [
  ['an array that is nowhere', 'EFAULT', ['--pids', 'PID', '--bad-array']],
  ['arguments that are nowhere', 'EFAULT', ['--pids', 'PID', '--bad-struct']],
  ['a negative pid', 'EINVAL', ['--pids', '-5']],
  ['the most negative pid', 'EINVAL', ['--pids', '-2147483648']],
  ['a pid beyond pid_max', 'EINVAL', ['--pids', 'BEYOND']],
  ['the highest number', 'EINVAL', ['--pids', '2147483647']],
  ['two pids in one namespace', 'EINVAL', ['--pids', '112,PID']],
  ['33 pids', 'EINVAL', ['--pids', 'PID', '--count', '33']],
  ['more pids than memory', 'EINVAL', ['--pids', 'PID', '--count', '0xffffffff']],
  ['padding that is not 0', 'EINVAL', ['--pids', 'PID', '--padding', '1'], ours],
  ['pid 0', 'EINVAL', ['--pids', '0'], theirs],
  ['no CAP_SYS_ADMIN', 'EPERM', ['--pids', 'PID', '--uid', '1000']],
  ['the init of a new namespace that is not 1', 'EINVAL', ['--new', '--pids', '5']],
  ['three pids in a namespace below', 'EINVAL', ['--new-pidns', '--pids', '50,PID,51']],
];

for (const [what, errno, words, needs = {}] of refused)
  test.needs(needs)(`${what}: ${errno}, and the pid is free`, async ({ guest }) => {
    const pid = await guest.unusedPid();
    const beyond = await guest.sysctl('kernel.pid_max');
    const said = words.map((word) => word.replace('PID', String(pid)).replace('BEYOND', beyond));
    assert.is((await clone(guest, ...said)).errno, errno);
    assert.is((await clone(guest, '--pids', String(pid))).ret, pid);
  });

test('in a namespace below: a pid there and one here', async ({ guest }) => {
  const pid = await guest.unusedPid();
  const { ret, own, seen } = await clone(guest, '--new-pidns', '--pids', `50,${pid}`);
  assert.equal({ ret, own, seen }, { ret: 50, own: 50, seen: pid });
});

test('in a namespace below: a pid there, any here', async ({ guest }) => {
  const { ret, own, seen, errno } = await clone(guest, '--new-pidns', '--pids', '50');
  assert.equal({ ret, own, errno }, { ret: 50, own: 50, errno: null });
  assert.ok(seen > 1 && !(await guest.state(seen)).exists, 'it had another here');
});

test('as the init of a new namespace: 1 there and a pid here', async ({ guest }) => {
  const pid = await guest.unusedPid();
  const { ret, own, seen } = await clone(guest, '--new', '--pids', `1,${pid}`);
  assert.equal({ ret, own, seen }, { ret: pid, own: 1, seen: pid });
});

test('one that is taken here is free below afterwards', async ({ guest }) => {
  const { pid } = await frozenSubject(guest, 'sleeping');
  const words = ['--new-pidns', '--first', `50,${pid}`, '--pids', '50'];
  const { first, ret, own } = await clone(guest, ...words);
  assert.ok(first === 'EBUSY' || first === 'EEXIST', String(first));
  assert.equal({ ret, own }, { ret: 50, own: 50 });
});

test.run();
