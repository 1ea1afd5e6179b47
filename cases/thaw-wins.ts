import { assert, suite } from './cr/case.ts';
import type { Guest, Subject } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';
import { comesTo, countsOn, nameOf } from './support/tasks.ts';

// What a checkpoint holds is held for as long as its pipe is not read: for ever.
const test = suite('whoever may thaw or kill a task need not wait for its checkpoint').needs({
  patch: patches.signals,
});
const unified = test.needs({ base: 'v6.1' });

for (const [freezer, within, words] of [
  ['freezer.state', test, []],
  ['cgroup.freeze', unified, ['--v2']],
] as const) {
  within(`${freezer}: it is thawed, goes on, and the checkpoint is EBUSY`, async ({ guest }) => {
    const { counter, caller } = await stalled(guest, words);
    const thaw = await guest.shim('thaw', String(counter.pid));
    assert.is(thaw['errno'], undefined);
    await countsOn(counter);
    assert.is(wordsOf(await caller.ask('drain'))['errno'], 'EBUSY');
  });

  within(`${freezer}: all who save it let go`, async ({ guest }) => {
    const { counter, caller } = await stalled(guest, words);
    const another = await stalledCaller(guest, counter);
    await guest.shim('thaw', String(counter.pid));
    await countsOn(counter);
    for (const one of [caller, another])
      assert.is(wordsOf(await one.ask('drain'))['errno'], 'EBUSY');
  });

  within(`${freezer}: in the middle of many of them, each is saved or EBUSY`, async ({ guest }) => {
    const { counter } = await frozen(guest, words);
    const counting = guest.repeat(200, counter.pid);
    await guest.shim('thaw', String(counter.pid));
    const { ok = 0, EBUSY = 0, ...others } = await counting;
    assert.equal(others, {});
    assert.is(ok + EBUSY, 200);
    await countsOn(counter);
  });

  within(`${freezer}: the next caller finds it running`, async ({ guest }) => {
    const { counter, caller } = await stalled(guest, words);
    const name = await nameOf(guest, counter.pid);
    await guest.shim('thaw', String(counter.pid));
    const result = await guest.checkpoint(counter.pid);
    assert.is(result.errno, 'EBUSY');
    assert.is((await result.image()).error, `task ${name} is not frozen`);
    await caller.ask('drain');
    await countsOn(counter);
  });
}

unified('cgroup.freeze: SIGKILL ends it, and the checkpoint is EAGAIN', async ({ guest }) => {
  const { counter, caller } = await stalled(guest, ['--v2']);
  await counter.signal('SIGKILL');
  await counter.ended();
  assert.is(wordsOf(await caller.ask('drain'))['errno'], 'EAGAIN');
});

unified('cgroup.kill ends it, too', async ({ guest }) => {
  const { counter, caller, group } = await stalled(guest, ['--v2']);
  await guest.write(`/cgroup/unified${group}/cgroup.kill`, '1');
  await counter.ended();
  assert.is(wordsOf(await caller.ask('drain'))['errno'], 'EAGAIN');
});

// On v2.6.30 it is the freezer itself that has a sleep end.
unified('a sleep that no checkpoint asks for goes on when it is thawed', async ({ guest }) => {
  const waiting = await guest.subject('waiting');
  // What it does in between shows at the latest when it has been frozen a few times.
  for (let times = 0; times < 5; times++) {
    await guest.freeze(waiting.pid);
    await guest.thaw(waiting.pid);
    await comesTo(guest, waiting.pid, 'S');
  }
  await waiting.signal('SIGUSR1');
  assert.is((await waiting.ended()).signal, 'SIGUSR1', 'it has waited until then');
});

test.run();

interface Frozen {
  readonly counter: Subject;
  readonly group: string;
}

async function frozen(guest: Guest, words: readonly string[]): Promise<Frozen> {
  const counter = await guest.subject('counter');
  const group = '/held';
  const answer = await guest.shim('freeze', String(counter.pid), '--group', 'held', ...words);
  assert.is(answer['state'], 'FROZEN');
  return { counter, group };
}

/** A frozen counter, and a caller that sleeps in a checkpoint of it: its pipe is full. */
async function stalled(
  guest: Guest,
  words: readonly string[],
): Promise<Frozen & { readonly caller: Subject }> {
  const target = await frozen(guest, words);
  return { ...target, caller: await stalledCaller(guest, target.counter) };
}

async function stalledCaller(guest: Guest, { pid }: Subject): Promise<Subject> {
  const caller = await guest.subject('caller', { args: [String(pid), '100'] });
  assert.is((await guest.state(caller.pid)).state, 'S', 'the caller waits');
  return caller;
}
