import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import { bytesOf, objectOf } from './support/image.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';
import { destroy, freezeAll, startWorkload, textOf } from './support/workload.ts';

const test = suite('checkpoint and its descriptor').needs({ patch: patches.subtree });

test('a closed descriptor: EBADF', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(counter.pid, { to: { kind: 'closed-descriptor' } });
  assert.is(result.errno, 'EBADF');
  await unharmed(guest, counter);
});

test('a read-only descriptor: EBADF, the file keeps what it had', async ({ guest }) => {
  const path = `${await guest.folder()}/image`;
  await guest.write(path, 'as it was');
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(counter.pid, { to: { kind: 'read-only', path } });
  assert.is(result.errno, 'EBADF');
  assert.is(Buffer.from(await guest.read(path)).toString(), 'as it was');
  await unharmed(guest, counter);
});

// What is wrong with the target could not be recorded there.
test('a read-only descriptor beats a target that is not frozen', async ({ guest }) => {
  const counter = await guest.subject('counter');
  const path = `${await guest.folder()}/image`;
  const result = await guest.checkpoint(counter.pid, { to: { kind: 'read-only', path } });
  assert.is(result.errno, 'EBADF');
});

test('a pipe that nobody reads any more: EPIPE', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const result = await guest.checkpoint(counter.pid, { to: { kind: 'closed-pipe' } });
  assert.is(result.errno, 'EPIPE');
  await unharmed(guest, counter);
});

test('a pipe gets what a file gets', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const file = await guest.checkpoint(counter.pid);
  const pipe = await guest.checkpoint(counter.pid, { to: { kind: 'pipe' } });
  assert.is(pipe.errno, null);
  assert.is(pipe.ret, file.ret + 1);
  assert.is(pipe.bytes, file.bytes);
  const [inFile, inPipe] = [await file.image(), await pipe.image()];
  assert.ok(inPipe.complete);
  const withoutTime = ({ name, fields }: (typeof inPipe.objects)[number]) =>
    name === 'HEADER' ? { ...fields, time: 0 } : fields;
  assert.equal(inPipe.objects.map(withoutTime), inFile.objects.map(withoutTime));
  await unharmed(guest, counter);
});

// It is asked again until there is room, or something to read.
test.needs({ patch: patches.tree })(
  'a pipe that does not want to block: it gets all, and gives it',
  async ({ guest }) => {
    const workload = await startWorkload(guest, 'megabytes');
    await freezeAll(guest, workload);
    const path = `${workload.folder}/image`;
    const words = ['--pid', String(workload.pid), '--flags', '1', '--pipe', '--out', path];
    const saved = await guest.shim('checkpoint', ...words, '--nonblock');
    assert.is(saved['errno'], null);
    await destroy(guest, workload);
    const go = `${workload.folder}/go`;
    const restart = ['--self', '--in', path, '--pipe', '--nonblock', '--once-restored', go];
    const { ret, errno, status, signal } = await guest.shim('restart', ...restart, '--flags', '0');
    assert.equal(
      { ret, errno, status, signal },
      { ret: null, errno: null, status: 0, signal: null },
    );
    assert.match(await textOf(guest, `${workload.folder}/verdict`), /^(pass\n)+$/);
  },
);

test('a position: the image begins there, what stood before it stays', async ({ guest }) => {
  const path = `${await guest.folder()}/image`;
  await guest.write(path, 'before, and much longer than the position');
  const counter = await frozenSubject(guest, 'counter');
  const to = { kind: 'file', path, offset: 6 } as const;
  const result = await guest.checkpoint(counter.pid, { to });
  assert.is(result.errno, null);
  const bytes = Buffer.from(await guest.read(path));
  assert.is(bytes.length, 6 + result.bytes);
  assert.is(bytes.toString('latin1', 0, 6), 'before');
  assert.is(bytes.readUInt32LE(6), 1, 'HEADER');
  await unharmed(guest, counter);
});

test('appending: one image comes after the other', async ({ guest }) => {
  const path = `${await guest.folder()}/image`;
  const counter = await frozenSubject(guest, 'counter');
  const to = { kind: 'file', path, append: true } as const;
  const first = await guest.checkpoint(counter.pid, { to });
  const second = await guest.checkpoint(counter.pid, { to });
  assert.is(second.errno, null);
  const bytes = Buffer.from(await guest.read(path));
  assert.is(bytes.length, first.bytes + second.bytes);
  assert.is(bytes.readUInt32LE(first.bytes), 1, 'HEADER');
  await unharmed(guest, counter);
});

test('a full file system: ENOSPC', async ({ guest }) => {
  const folder = await guest.smallFileSystem(4);
  await guest.write(`${folder}/rest`, Buffer.alloc(4096, 'x'));
  const counter = await frozenSubject(guest, 'counter');
  const to = { kind: 'file', path: `${folder}/image` } as const;
  const result = await guest.checkpoint(counter.pid, { to });
  assert.is(result.errno, 'ENOSPC');
  assert.is(result.bytes, 0);
  await unharmed(guest, counter);
});

test('a file system that fills up half-way: ENOSPC, what fitted is there', async ({ guest }) => {
  const folder = await guest.smallFileSystem(4);
  const path = `${folder}/image`;
  const counter = await frozenSubject(guest, 'counter');
  const to = { kind: 'file', path, offset: 4096 - 100 } as const;
  const result = await guest.checkpoint(counter.pid, { to });
  assert.is(result.errno, 'ENOSPC');
  assert.is(result.bytes, 100);
  assert.is(Buffer.from(await guest.read(path)).readUInt32LE(4096 - 100), 1, 'HEADER');
  await unharmed(guest, counter);
});

test('/dev/full: ENOSPC', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const to = { kind: 'file', path: '/dev/full' } as const;
  assert.is((await guest.checkpoint(counter.pid, { to })).errno, 'ENOSPC');
  await unharmed(guest, counter);
});

test('after each refusal the target can still be saved', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  for (const to of [
    { kind: 'closed-descriptor' },
    { kind: 'closed-pipe' },
    { kind: 'file', path: '/dev/full' },
  ] as const)
    assert.is.not((await guest.checkpoint(counter.pid, { to })).errno, null);
  const result = await guest.checkpoint(counter.pid);
  assert.is(result.errno, null);
  assert.is((await bytesOf(guest, result)).length, result.bytes);
  assert.is(objectOf(await result.image(), 'TAIL').offset + 16, result.bytes);
  await unharmed(guest, counter);
});

test.run();
