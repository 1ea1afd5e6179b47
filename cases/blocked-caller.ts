import { assert, suite } from './cr/case.ts';
import type { Guest, Subject } from './cr/case.ts';
import { bytesOf, placeOf, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';
import { frozenSubject, nameOf, unharmed } from './support/tasks.ts';

const test = suite('while a checkpoint waits for its pipe to be read').needs({
  patch: patches.subtree,
});

// With 100 bytes left in the pipe the caller sleeps in the middle of the first texts.
const room = '100';

test('the caller can be killed, and the target is as it was', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const caller = await blockedCaller(guest, counter);
  await caller.signal('SIGKILL');
  const end = wordsOf(await caller.ask('drain'));
  assert.is(end['signal'], 'SIGKILL');
  assert.is((await guest.checkpoint(counter.pid)).errno, null);
  await unharmed(guest, counter);
});

test('it goes on once the pipe is read', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const caller = await blockedCaller(guest, counter);
  const end = wordsOf(await caller.ask('drain'));
  assert.is(end['errno'], 'none');
  assert.ok(Number(end['ret']) > 0);
  await unharmed(guest, counter);
});

test.needs({ patch: patches.signals })(
  'a killed target stays until then, and dies thawed: EAGAIN',
  async ({ guest }) => {
    const counter = await frozenSubject(guest, 'counter');
    const name = await nameOf(guest, counter.pid);
    const caller = await blockedCaller(guest, counter);
    await counter.signal('SIGKILL');
    const end = wordsOf(await caller.ask('drain'));
    assert.is(end['errno'], 'EAGAIN');
    assert.match(tailOf(end), `\0task ${name} is being killed\0`);
    assert.ok((await guest.state(counter.pid)).exists);
    await guest.thaw(counter.pid);
    await counter.ended();
  },
);

test('a tracer that comes in between: EBUSY', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const name = await nameOf(guest, counter.pid);
  const caller = await blockedCaller(guest, counter);
  await guest.trace(counter.pid);
  const end = wordsOf(await caller.ask('drain'));
  assert.is(end['errno'], 'EBUSY');
  assert.match(tailOf(end), `\0task ${name} is ptraced\0`);
});

test.needs({ base: 'v6.1', patch: patches.memory })(
  'a probe that gets into memory that is being saved: ENOSYS',
  async ({ guest }) => {
    const target = await frozenSubject(guest, 'guarded', { args: ['nothing'] });
    const name = await nameOf(guest, target.pid);
    const bytes = await bytesOf(guest, await guest.checkpoint(target.pid));
    // It has begun with the pages, and has not ended with them.
    const within = String(placeOf(bytes, types.pages) + 1000);
    const caller = await blockedCaller(guest, target, within);
    assert.is(await target.ask('probe'), 'probed');
    const end = wordsOf(await caller.ask('drain'));
    assert.is(end['errno'], 'ENOSYS');
    assert.match(tailOf(end), `\0task ${name} has uprobes\0`);
  },
);

/** Returns the last bytes of an image, which hold the error record if there is one. */
function tailOf(end: Readonly<Record<string, string>>): string {
  return Buffer.from(end['tail'] ?? '', 'hex').toString('latin1');
}

/** Starts a caller and makes sure that it sleeps in the system call. */
async function blockedCaller(guest: Guest, target: Subject, within = room): Promise<Subject> {
  const caller = await guest.subject('caller', { args: [String(target.pid), within] });
  assert.is((await guest.state(caller.pid)).state, 'S', 'the caller waits');
  return caller;
}

test.run();
