import { assert, suite, type Guest } from '../../../harness/case.ts';

const test = suite('what a guest gives its cases');

/** A program that says its pid and lives until its input ends. */
const idler = ['/bin/busybox', 'sh', '-c', 'echo pid=$$; exec cat'];

async function idle(guest: Guest): Promise<number> {
  return Number((await guest.program(idler, { says: /^pid=\d+$/ })).facts['pid']);
}

async function textOf(guest: Guest, path: string): Promise<string> {
  return Buffer.from(await guest.read(path)).toString();
}

test('programs: status, output and errors', async ({ guest }) => {
  const script = 'echo out; echo err >&2; exit 3';
  const { status, lines, errors } = await guest.run(['/bin/busybox', 'sh', '-c', script]);
  assert.equal([status, lines, errors], [3, ['out'], ['err']]);
});

test('programs: as another user, in a pid namespace of their own', async ({ guest }) => {
  const { lines } = await guest.run(['/bin/busybox', 'sh', '-c', 'id -u; echo $$'], {
    uid: 1000,
    cwd: '/tmp',
    newPidNamespace: true,
  });
  assert.equal(lines, ['1000', '1']);
});

test('tasks: their state, and that they are gone', async ({ guest }) => {
  const pid = await idle(guest);
  // It has said its pid before it waits.
  let { state } = await guest.state(pid);
  while (state === 'R') ({ state } = await guest.state(pid));
  assert.is(state, 'S');
  assert.is((await guest.state(await guest.unusedPid())).exists, false);
});

test('tasks: frozen and thawed', async ({ guest }) => {
  const pid = await idle(guest);
  await guest.freeze(pid);
  assert.is((await guest.state(pid)).frozen, true);
  await guest.thaw(pid);
  assert.is((await guest.state(pid)).frozen, false);
});

test('tasks: traced', async ({ guest }) => {
  const pid = await idle(guest);
  const tracer = await guest.trace(pid);
  assert.is.not((await guest.state(pid)).tracer, 0);
  await tracer.detach();
  assert.is((await guest.state(pid)).tracer, 0);
});

test('files: of a folder, of /proc, on a tmpfs that is full', async ({ guest }) => {
  const file = `${await guest.folder()}/file`;
  await guest.write(file, 'words');
  assert.is(await textOf(guest, file), 'words');
  assert.match(await textOf(guest, '/proc/version'), /^Linux version /);
  const small = await guest.smallFileSystem(16);
  const fill = `dd if=/dev/zero of=${small}/all bs=1k count=64`;
  const { errors } = await guest.run(['/bin/busybox', 'sh', '-c', fill]);
  assert.match(errors.join(), /No space left on device/);
});

test('disks', async ({ guest }) => {
  const disk = await guest.disk('ext2', 512);
  await guest.write(`${disk}/file`, 'kept');
  assert.is(await textOf(guest, `${disk}/file`), 'kept');
});

test('sysctl', async ({ guest }) => {
  assert.is(await guest.sysctl('kernel.panic_on_oops', '0'), '0');
});

test('slab counts', async ({ guest }) => {
  const { task_struct: tasks = 0 } = await guest.slabs('task_struct');
  assert.ok(tasks > 0);
});

test('the console', async ({ guest }) => {
  await guest.write('/dev/kmsg', 'said by a case\n');
  assert.match(await guest.console.expect(/said by a case/), /said by a case/);
});

test('another guest', async ({ guest, another }) => {
  const other = await another();
  const file = '/tmp/mine';
  await guest.write(file, 'one');
  await other.write(file, 'two');
  assert.equal([await textOf(guest, file), await textOf(other, file)], ['one', 'two']);
});

test.run();
