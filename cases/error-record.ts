import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { patches } from './support/patches.ts';

const test = suite('the error record').needs({ patch: patches.subtree });

const ERROR = 9999;
const STRING = 4;

test('stands alone in the image of a task that was refused', async ({ guest }) => {
  const sleeper = await guest.subject('sleeping');
  const result = await guest.checkpoint(sleeper.pid);
  const { objects, broken } = await result.image();
  assert.equal(
    objects.map(({ type }) => type),
    [ERROR, STRING],
  );
  assert.is(broken, undefined);
});

test('begins with a NUL, ends with one, has none between, at most 256 bytes', async ({ guest }) => {
  const sleeper = await guest.subject('sleeping');
  const bytes = await imageBytes(guest, sleeper.pid);
  assert.is(bytes.readUInt32LE(0), ERROR);
  assert.is(bytes.readUInt32LE(4), 8, 'the ERROR object has no payload');
  assert.is(bytes.readUInt32LE(8), STRING);
  assert.is(bytes.readUInt32LE(12), bytes.length - 8, 'the STRING is the rest of the image');
  const payload = bytes.subarray(16);
  assert.ok(payload.length <= 256);
  assert.is(payload.at(0), 0);
  assert.is(payload.at(-1), 0);
  assert.is(payload.subarray(1, -1).indexOf(0), -1);
});

test('is found by looking back from the end of what was there before', async ({ guest }) => {
  const path = `${await guest.folder()}/image`;
  await guest.write(path, 'an older text without a NUL');
  const sleeper = await guest.subject('sleeping');
  await guest.checkpoint(sleeper.pid, { to: { kind: 'file', path, append: true } });
  const text = lastText(Buffer.from(await guest.read(path)));
  assert.match(text, new RegExp(`^task ${sleeper.pid} \\(.*\\) is not frozen$`));
});

for (const [what, comm] of [
  ['conversions', '%s%n%x%p%d'],
  ['brackets and blanks', 'a) (b [c]'],
  ['bytes that are no text', '\xff\xfe\x80\xc3('],
  ['all the bytes it may have', 'fifteen letters'],
] as const)
  test(`names a task with ${what} in its name as it is`, async ({ guest }) => {
    const hex = Buffer.from(comm, 'latin1').toString('hex');
    const sleeper = await guest.subject('named', { args: [hex] });
    const text = lastText(await imageBytes(guest, sleeper.pid));
    assert.is(text, `task ${sleeper.pid} (${comm}) is not frozen`);
  });

test('names a task with control characters in its name, each as a question mark', async ({
  guest,
}) => {
  const hex = Buffer.from('\n\t\x1b[31m\x7f', 'latin1').toString('hex');
  const sleeper = await guest.subject('named', { args: [hex] });
  const text = lastText(await imageBytes(guest, sleeper.pid));
  assert.is(text, `task ${sleeper.pid} (???[31m?) is not frozen`);
});

test('names a task without a name', async ({ guest }) => {
  const sleeper = await guest.subject('named', { args: [''] });
  const text = lastText(await imageBytes(guest, sleeper.pid));
  assert.is(text, `task ${sleeper.pid} () is not frozen`);
});

async function imageBytes(guest: Guest, pid: number): Promise<Buffer> {
  const path = `${await guest.folder()}/image`;
  const result = await guest.checkpoint(pid, { to: { kind: 'file', path } });
  assert.is(result.errno, 'EBUSY');
  return Buffer.from(await guest.read(path));
}

/** The text between the last two NULs: how a reader finds it who knows nothing of objects. */
function lastText(bytes: Buffer): string {
  assert.is(bytes.at(-1), 0);
  const text = bytes.subarray(bytes.lastIndexOf(0, -2) + 1, -1);
  return text.toString('latin1');
}

test.run();
