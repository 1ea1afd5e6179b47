import { assert, suite } from './cr/case.ts';
import { rewrite, savedLeader, withZombie } from './support/leading.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';
import { comesTo } from './support/tasks.ts';

const test = suite('a restart that waits for those who are to be zombies').needs({
  patch: patches.killable,
});

test('a task that nothing keeps from it: becomes one', async ({ guest }) => {
  const saved = await savedLeader(guest);
  const { leader } = saved;
  const zombie = Number(wordsOf(await leader.ask('join'))['child']);
  const image = await rewrite(guest, saved, withZombie(saved.bytes, leader.pid, zombie));
  // It comes back to where it was saved, and says so once more.
  assert.is(await leader.ask(`lead ${image}`), 'ret=0 errno=none');
  await comesTo(guest, zombie, 'Z');
  assert.is((await guest.state(zombie)).comm, 'leading', 'it has the name of the image');
});

test('a task that the leader traces: EBUSY, and both can be killed', async ({ guest }) => {
  const saved = await savedLeader(guest);
  const { leader } = saved;
  const zombie = Number(wordsOf(await leader.ask('join traced'))['child']);
  assert.is((await guest.state(zombie)).tracer, leader.pid);
  const image = await rewrite(guest, saved, withZombie(saved.bytes, leader.pid, zombie));
  assert.is(await leader.ask(`lead ${image}`), 'ret=-1 errno=EBUSY');
  for (const pid of [zombie, leader.pid]) await guest.shim('signal', String(pid), 'KILL');
  assert.is((await leader.ended()).signal, 'SIGKILL');
  assert.ok((await guest.shim('gone', String(zombie)))['gone'], 'the traced task is gone');
});

test('the init of a namespace, led from inside: EINVAL, and it can end', async ({ guest }) => {
  const saved = await savedLeader(guest, { newPidNamespace: true });
  const { leader: init } = saved;
  // Nothing else is in there: the leader will be its second task.
  const image = await rewrite(guest, saved, withZombie(saved.bytes, 2, 1));
  assert.is(await init.ask(`led ${image}`), 'ret=-1 errno=EINVAL');
  await init.signal('SIGKILL');
  assert.is((await init.ended()).signal, 'SIGKILL');
});

// To attach by the older call is to send a signal, which ends the restart.
test.needs({ base: 'v6.1' })(
  'a tracer that comes late and keeps it: the leader can be killed',
  async ({ guest }) => {
    const saved = await savedLeader(guest);
    const { leader } = saved;
    const zombie = Number(wordsOf(await leader.ask('join'))['child']);
    const image = await rewrite(guest, saved, withZombie(saved.bytes, leader.pid, zombie));
    const answer = leader.ask(`stall ${image}`).then(
      (line) => line,
      () => 'none',
    );
    await comesTo(guest, zombie, 't');
    const { tracer } = await guest.state(zombie);
    await leader.signal('SIGKILL');
    assert.ok((await guest.shim('gone', String(leader.pid)))['gone'], 'the leader is gone');
    assert.is(await answer, 'none');
    assert.is((await guest.state(zombie)).state, 't', 'its tracer still keeps the other one');
    await guest.shim('signal', String(tracer), 'KILL');
    assert.ok((await guest.shim('gone', String(zombie)))['gone'], 'the traced task is gone');
  },
);

test.needs({ base: 'v6.1' }).needs({ patch: patches.keptStop })(
  'a SIGSTOP to the leader meanwhile: it stops once it is restored',
  async ({ guest }) => {
    const saved = await savedLeader(guest);
    const { leader } = saved;
    const zombie = Number(wordsOf(await leader.ask('join'))['child']);
    const image = await rewrite(guest, saved, withZombie(saved.bytes, leader.pid, zombie));
    const answer = leader.ask(`stall ${image}`);
    await comesTo(guest, zombie, 't');
    const { tracer } = await guest.state(zombie);
    await leader.signal('SIGSTOP');
    await guest.shim('signal', String(tracer), 'KILL');
    await comesTo(guest, leader.pid, 'T');
    await leader.signal('SIGCONT');
    assert.is(await answer, 'ret=0 errno=none', 'it is where it was saved');
  },
);

test.run();
