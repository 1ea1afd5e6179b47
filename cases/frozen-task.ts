import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { bytesOf, numberOf, objectOf } from './support/image.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';

const test = suite('checkpoint of a frozen task').needs({ patch: patches.subtree });

test('succeeds with a positive id and a whole image', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, null);
  assert.ok(result.ret > 0);
  const image = await result.image();
  assert.is(image.broken, undefined);
  assert.ok(image.complete);
  assert.is(image.bytes, result.bytes);
  await unharmed(guest, counter);
});

test('the id grows by one from one to the next', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const first = await guest.checkpoint(counter.pid);
  const second = await guest.checkpoint(counter.pid);
  const third = await guest.checkpoint(counter.pid);
  assert.equal([second.ret, third.ret], [first.ret + 1, first.ret + 2]);
});

test('the image holds its objects in their order', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const image = await (await guest.checkpoint(counter.pid)).image();
  // Where the series ends before it, an image has no such record.
  const later = new Set(['BUILD_ID', 'CPU_FEATURES']);
  const names = image.objects.map(({ name }) => name).filter((name) => !later.has(name));
  assert.equal(names.slice(0, 5), 'HEADER BUFFER BUFFER BUFFER HEADER_ARCH'.split(' '));
  // What stands between these grows with the series.
  const always = new Set(['TASK', 'THREAD', 'CPU', 'TAIL', 'ERROR']);
  assert.equal(
    names.filter((name) => always.has(name)),
    ['TASK', 'THREAD', 'CPU', 'TAIL'],
  );
  assert.is(names.at(-1), 'TAIL');
});

/** Its number in images, and a user's segments, by what the kernel calls the machine. */
const machines: Readonly<Record<string, { id: number; cs: bigint; ss: bigint }>> = {
  i686: { id: 1, cs: 0x73n, ss: 0x7bn },
  x86_64: { id: 2, cs: 0x33n, ss: 0x2bn },
};

async function machineOf(guest: Guest): Promise<string> {
  const [machine = ''] = (await guest.run(['uname', '-m'])).lines;
  return machine;
}

test('the header is of this kernel', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(counter.pid);
  const image = await result.image();
  const release = await guest.sysctl('kernel.osrelease');
  const number = (field: string) => Number(numberOf(image, 'HEADER', field));
  const [major, minor, patch] = release.split(/[.-]/).map(Number);
  assert.equal([number('major'), number('minor'), number('patch')], [major, minor, patch]);
  const machine = await machineOf(guest);
  assert.is(number('arch_id'), machines[machine]?.id);
  assert.is(number('rev'), 1);
  assert.is(number('uflags'), 1, 'CHECKPOINT_SUBTREE, as was asked');

  const bytes = await bytesOf(guest, result);
  const names = image.objects
    .filter(({ name }) => name === 'BUFFER')
    .slice(0, 3)
    .map(({ offset, length }) => bytes.toString('latin1', offset + 8, offset + length));
  const version = await guest.sysctl('kernel.version');
  assert.equal(
    names,
    [release, version, machine].map((text) => text.padEnd(65, '\0')),
  );
});

test("the header's time is the time of the checkpoint", async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const before = await now(guest);
  const image = await (await guest.checkpoint(counter.pid)).image();
  const after = await now(guest);
  const time = Number(numberOf(image, 'HEADER', 'time'));
  // The boot time that `now` builds on is known to the second only.
  assert.ok(before - 1 <= time && time <= after + 1, `${before} <= ${time} <= ${after}`);
});

test('the task record is of the target, not of the caller', async ({ guest }) => {
  const hex = Buffer.from('a target').toString('hex');
  const target = await frozenSubject(guest, 'named', { args: [hex] });
  const result = await guest.checkpoint(target.pid);
  const image = await result.image();
  const task = (field: string) => Number(numberOf(image, 'TASK', field));
  assert.is(task('exit_state'), 0);
  assert.is(task('exit_code'), 0);
  assert.is(task('exit_signal'), 17, 'SIGCHLD');
  assert.is(task('task_comm_len'), 16);
  const { offset, length } = objectOf(image, 'STRING');
  const comm = (await bytesOf(guest, result)).toString('latin1', offset + 8, offset + length);
  assert.is(comm, 'a target'.padEnd(16, '\0'));
});

test('the registers are those of user mode', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const image = await (await guest.checkpoint(counter.pid)).image();
  const register = (name: string) => numberOf(image, 'CPU', name);
  const wanted = machines[await machineOf(guest)];
  assert.is(register('cs'), wanted?.cs);
  assert.is(register('ss'), wanted?.ss);
  assert.ok(register('ip') > 0n && register('ip') < 1n << 47n);
  assert.ok(register('sp') > 0n && register('sp') < 1n << 47n);
  assert.ok((register('flags') & 0x200n) !== 0n, 'interrupts are on');
  assert.is(register('flags') & 0x3000n, 0n, 'no rights to i/o ports');
  await unharmed(guest, counter);
});

test('twice in a row gives the same image but for the time', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const images = [];
  for (let i = 0; i < 2; i++) {
    const result = await guest.checkpoint(counter.pid);
    const time = objectOf(await result.image(), 'HEADER').offset + 32;
    images.push((await bytesOf(guest, result)).fill(0, time, time + 8));
  }
  assert.equal(images[0], images[1]);
  await unharmed(guest, counter);
});

async function textOf(guest: Guest, path: string): Promise<string> {
  return Buffer.from(await guest.read(path))
    .toString('latin1')
    .trimEnd();
}

/** Returns the guest's clock in seconds since 1970. */
async function now(guest: Guest): Promise<number> {
  const boot = /^btime (\d+)$/m.exec(await textOf(guest, '/proc/stat'))?.[1];
  const uptime = Number.parseFloat(await textOf(guest, '/proc/uptime'));
  return Number(boot) + Math.floor(uptime);
}

test.run();
