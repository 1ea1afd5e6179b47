import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { comesTo } from './support/tasks.ts';
import { endWell, savedWorkload } from './support/workload.ts';

const test = suite('the restart tool and its root task').needs({ patch: patches.tree });
const withPids = test.needs({ patch: patches.pids });

/** Saves a workload, kills it, and has the tool bring it back; returns both and the tool's pid. */
async function broughtBack(guest: Guest, name: string, ...options: readonly string[]) {
  const { workload, image } = await savedWorkload(guest, name);
  const program = await guest.program(['restart', ...options, image], { says: /^restarted / });
  const root = program.pid;
  const { ppid } = await guest.state(root);
  const tool = options.includes('--pidns') ? (await guest.state(ppid)).ppid : ppid;
  assert.is((await guest.state(tool)).comm, 'restart');
  return { workload: { ...workload, program, pid: root }, tool };
}

const ending = { HUP: 1, INT: 2, QUIT: 3, USR1: 10, USR2: 12, TERM: 15 };

for (const [signal, number] of Object.entries(ending))
  test(`SIG${signal} is passed on, and the end by it is copied`, async ({ guest }) => {
    const { workload, tool } = await broughtBack(guest, 'count', '--copy-status');
    await guest.shim('signal', String(tool), signal);
    assert.equal(await workload.program.ended(), { status: 128 + number, signal: null });
  });

test('SIGCONT is passed on: a root that was stopped goes on', async ({ guest }) => {
  const { workload, tool } = await broughtBack(guest, 'count', '--copy-status');
  await guest.shim('signal', String(workload.pid), 'STOP');
  await comesTo(guest, workload.pid, 'T');
  await guest.shim('signal', String(tool), 'CONT');
  await comesTo(guest, workload.pid, 'S');
  await endWell(guest, workload);
});

withPids('--pidns: a signal reaches the root, not its init', async ({ guest }) => {
  const { workload, tool } = await broughtBack(guest, 'count', '--pidns', '--copy-status');
  await guest.shim('signal', String(tool), 'TERM');
  assert.equal(await workload.program.ended(), { status: 128 + 15, signal: null });
});

for (const [signal, number] of Object.entries({ KILL: 9, ABRT: 6, SEGV: 11 }))
  test(`a root that SIG${signal} ends from elsewhere: ${128 + number}`, async ({ guest }) => {
    const { workload } = await broughtBack(guest, 'count', '--copy-status');
    await guest.shim('signal', String(workload.pid), signal);
    assert.equal(await workload.program.ended(), { status: 128 + number, signal: null });
  });

for (const options of [[], ['--pidns']] as const)
  test.needs({ patch: patches.pids })(
    `an exit status is copied${options.length > 0 ? ' out of its pid namespace' : ''}`,
    async ({ guest }) => {
      const { workload } = await broughtBack(guest, 'file-offset', '--copy-status', ...options);
      // The workload finds its file shorter, says so, and exits with 1.
      await guest.write(`${workload.folder}/file`, 'short');
      await guest.write(`${workload.folder}/go`, '');
      assert.equal(await workload.program.ended(), { status: 1, signal: null });
    },
  );

test('without --copy-status its own is 0, whatever becomes of the root', async ({ guest }) => {
  const { workload } = await broughtBack(guest, 'count');
  await guest.shim('signal', String(workload.pid), 'KILL');
  assert.equal(await workload.program.ended(), { status: 0, signal: null });
});

test.run();
