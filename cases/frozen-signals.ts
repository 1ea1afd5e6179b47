import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { comesTo, frozenSubject, nameOf } from './support/tasks.ts';
import {
  bringBack,
  destroy,
  endWell,
  freezeAll,
  save,
  startWorkload,
  thaw,
} from './support/workload.ts';
import type { Workload } from './support/workload.ts';

const test = suite('signals that a frozen task has yet to take').needs({
  patch: patches.signals,
});

/** Starts a workload, freezes it, and sends its root a signal that does not reach it yet. */
async function signalled(guest: Guest, name: string, signal: string): Promise<Workload> {
  const workload = await startWorkload(guest, name);
  await freezeAll(guest, workload);
  await guest.shim('signal', String(workload.pid), signal);
  return workload;
}

/** Asserts that a workload stops by itself, and goes on when it is told to. */
async function stopsAndGoesOn(guest: Guest, workload: Workload): Promise<void> {
  await comesTo(guest, workload.pid, 'T');
  await guest.shim('signal', String(workload.pid), 'CONT');
  await endWell(guest, workload);
}

for (const name of ['count', 'threads']) {
  test(`SIGSTOP, ${name}: saved and thawed, it stops`, async ({ guest }) => {
    const workload = await signalled(guest, name, 'STOP');
    await save(guest, workload);
    await thaw(guest, workload);
    await stopsAndGoesOn(guest, workload);
  });

  test(`SIGSTOP, ${name}: killed and restarted, it stops`, async ({ guest }) => {
    const workload = await signalled(guest, name, 'STOP');
    const image = await save(guest, workload);
    await destroy(guest, workload);
    await stopsAndGoesOn(guest, await bringBack(guest, workload, image));
  });
}

/** Ends a workload with one signal that it takes only when it is thawed. */
async function endsThawed(guest: Guest, workload: Workload, signal: string): Promise<void> {
  await thaw(guest, workload);
  assert.equal(await workload.program.ended(), { status: null, signal: `SIG${signal}` });
}

// A process dies at once of a signal that ends it if a thread can take that. On 2.6.30 any can; on
// 6.1 none that froze at work, but one that froze asleep in a call (see the last case).
const killers = ['count', 'threads'].flatMap((name) => [
  { name, signal: 'KILL', needs: {} },
  { name, signal: 'TERM', needs: { base: 'v2.6.30' } },
]);

for (const { name, signal, needs } of killers)
  test.needs(needs)(
    `SIG${signal}, ${name}: EAGAIN, the record says why, thawed it ends`,
    async ({ guest }) => {
      const workload = await signalled(guest, name, signal);
      const result = await guest.checkpoint(workload.pid);
      assert.is(result.errno, 'EAGAIN');
      const { error } = await result.image();
      assert.is(error, `task ${await nameOf(guest, workload.pid)} is being killed`);
      await endsThawed(guest, workload, signal);
    },
  );

/** Starts a task that is never asleep, freezes it, and sends it SIGTERM. */
async function signalledAtWork(guest: Guest): Promise<Workload> {
  const script = 'echo ready; exec < /dev/null > /dev/null 2>&1; while :; do :; done';
  const argv = ['/bin/busybox', 'sh', '-c', script];
  const group = 'at-work';
  const program = await guest.program(argv, { says: /^ready$/, group });
  const { pid } = program;
  const busy = { name: group, program, pid, folder: '/', group, pids: false, container: false };
  await freezeAll(guest, busy);
  await guest.shim('signal', String(pid), 'TERM');
  return busy;
}

test.needs({ base: 'v6.1' })('SIGTERM, at work: saved and thawed, it ends', async ({ guest }) => {
  const busy = await signalledAtWork(guest);
  await save(guest, busy);
  await endsThawed(guest, busy, 'TERM');
});

test.needs({ base: 'v6.1' })('SIGTERM, at work: restarted, it ends', async ({ guest }) => {
  const busy = await signalledAtWork(guest);
  const image = await save(guest, busy);
  await destroy(guest, busy);
  const { program } = await bringBack(guest, busy, image);
  assert.equal(await program.ended(), { status: 128 + 15, signal: null });
});

test('SIGTERM, asleep in a call: EAGAIN, the record says why, thawed it ends', async ({
  guest,
}) => {
  const script = 'echo ready; exec /bin/sleep 1000';
  const sleeper = await guest.program(['/bin/busybox', 'sh', '-c', script], { says: /^ready$/ });
  const { pid } = sleeper;
  // Of another name once it is the program that does nothing else.
  let { comm } = await guest.state(pid);
  while (comm !== 'sleep') ({ comm } = await guest.state(pid));
  await comesTo(guest, pid, 'S');
  await guest.freeze(pid);
  await guest.shim('signal', String(pid), 'TERM');
  const result = await guest.checkpoint(pid);
  assert.is(result.errno, 'EAGAIN');
  assert.is((await result.image()).error, `task ${await nameOf(guest, pid)} is being killed`);
  await guest.thaw(pid);
  assert.equal(await sleeper.ended(), { status: null, signal: 'SIGTERM' });
});

// As many could be queued, and a restart would have to have them all before it knew the rest.
test('more than 16384 of them: E2BIG', async ({ guest }) => {
  const target = await frozenSubject(guest, 'unusual', { args: ['too-many-signals', '/none'] });
  assert.is((await guest.checkpoint(target.pid)).errno, 'E2BIG');
});

test.run();
