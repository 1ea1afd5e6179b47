import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, endWell, savedWorkload } from './support/workload.ts';

const test = suite('the restart tool').needs({ patch: patches.tree });
const withPids = test.needs({ patch: patches.pids });

/** Runs a command line to its end; what it says goes into the lines it prints first. */
async function run(guest: Guest, line: string) {
  const words = ['busybox', 'sh', '-c', `${line} 2>&1`];
  const program = await guest.program(words, { says: /./ });
  const { status } = await program.ended();
  return { program, status };
}

/** Asserts that the tool gives up with a status and some words, and that no task is left. */
async function givesUp(guest: Guest, line: string, status: number, words: RegExp): Promise<void> {
  const before = await ofTheTool(guest);
  const tool = await guest.program(['busybox', 'sh', '-c', `exec ${line} 2>&1`], { says: words });
  assert.is((await tool.ended()).status, status);
  // Whoever inherits the dead has to find them first.
  let left = await ofTheTool(guest);
  for (let tries = 0; left.length > before.length && tries < 100; tries++)
    left = await ofTheTool(guest);
  assert.equal(left, before, 'no task is left');
}

/** Returns the pids of the tool's and the workloads' tasks. */
async function ofTheTool(guest: Guest): Promise<readonly number[]> {
  const { pids } = await guest.shim('pids');
  assert.ok(Array.isArray(pids));
  const states = await Promise.all(pids.map((pid) => guest.state(Number(pid))));
  return states.filter(({ comm }) => /^(restart|work)$/.test(comm)).map(({ pid }) => pid);
}

withPids('--pids: a pid that is taken ends it, and no task is left', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'tree');
  const again = await bringBack(guest, workload, image, { pids: ['--pids'] });
  assert.is(again.pid, workload.pid, 'the root has its pid');
  await givesUp(guest, `restart --pids ${image}`, 4, /^restart: making .* task: (EBUSY|EEXIST)$/);
  await endWell(guest, again);
});

withPids('--pidns: its own pids inside, others outside, gone with its root', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'tree');
  // The pids are taken here, and free there.
  const here = await bringBack(guest, workload, image, { pids: ['--pids'] });
  const there = await bringBack(guest, { ...workload, group: 'space' }, image, {
    pids: ['--pidns'],
  });
  assert.not.equal(there.pid, workload.pid);
  const init = (await guest.state(there.pid)).ppid;
  await guest.shim('signal', String(there.pid), 'KILL');
  assert.equal(await there.program.ended(), { status: 128 + 9, signal: null });
  assert.is((await guest.state(init)).exists, false, 'its init has gone');
  await endWell(guest, here);
});

// Before the patch a restarted task ends with the tool: what it is to get then is not restored.
for (const [name, options] of [
  ['tree', []],
  ['tree', ['--pidns']],
  // Whose memory has taken its time gives the processor to the tool as soon as that may leave.
  ['dirty-16', ['--pids']],
] as const)
  withPids.needs({ patch: patches.signals })(
    `${['--no-wait', ...options].join(' ')}, ${name}: it leaves, and the tasks go on`,
    async ({ guest }) => {
      const { workload, image } = await savedWorkload(guest, name);
      const words = ['restart', '--no-wait', ...options, image];
      const tool = await guest.program(words, { says: /^restarted / });
      assert.equal(await tool.ended(), { status: 0, signal: null });
      assert.ok((await guest.state(tool.pid)).exists, 'the root lives');
      await guest.write(`${workload.folder}/go`, '');
      const verdict = `${workload.folder}/verdict`;
      const { status } = await run(guest, `until grep pass ${verdict}; do sleep 0.01; done`);
      assert.is(status, 0);
    },
  );

test('reads an image from a pipe', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'tree');
  const words = ['busybox', 'sh', '-c', `cat ${image} | restart --copy-status`];
  const program = await guest.program(words, { says: /^restarted .*tasks=10$/ });
  await endWell(guest, { ...workload, program });
});

test('bytes after an image, more than a pipe takes: it reads no further', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'tree');
  await guest.shim('write', image, 'x'.repeat(300_000), '--append');
  await endWell(guest, await bringBack(guest, workload, image));
});

test('an image that the kernel refuses: 1, and no task is left', async ({ guest }) => {
  const { image } = await savedWorkload(guest, 'tree');
  const bytes = Buffer.from(await guest.read(image));
  const tail = placeOf(bytes, types.tail);
  await guest.write(`${image}.bad`, withNumber(bytes, tail + 8, 8, 1n));
  await givesUp(guest, `restart ${image}.bad`, 1, /^restart: task \d+ of 10 was refused$/);
  await guest.write(`${image}.cut`, bytes.subarray(0, bytes.length - 200));
  await givesUp(guest, `restart ${image}.cut`, 1, /^restart: task \d+ of 10 was refused$/);
});

test('what is no image: 3', async ({ guest }) => {
  const folder = await guest.folder();
  await guest.write(`${folder}/text`, 'no image, but long enough to look at\n');
  await guest.write(`${folder}/empty`, '');
  await givesUp(guest, `restart ${folder}/text`, 3, /^restart: an object of an impossible length$/);
  await givesUp(guest, `restart ${folder}/empty`, 3, /^restart: the image ends before its tree$/);
  await givesUp(guest, `restart ${folder}/none`, 3, /^restart: .*none: ENOENT$/);
  await givesUp(guest, `restart < ${folder}/empty`, 3, /ends before its tree$/);
});

test('what it can not be asked: 2', async ({ guest }) => {
  await givesUp(guest, 'restart one two', 2, /^usage: restart/);
  await givesUp(guest, 'restart --nonsense', 2, /nonsense/);
});

test('--help tells its options: 0', async ({ guest }) => {
  const { program, status } = await run(guest, 'restart --help');
  assert.is(status, 0);
  assert.is(program.facts['pid'], undefined);
});

test.run();
