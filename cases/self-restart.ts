import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedSelf, untouched, wordsOf } from './support/self.ts';

const test = suite('restart of what saved itself').needs({ patch: patches.subtree });

test('comes back from checkpoint with 0, and everything as it was', async ({ guest }) => {
  const { self, path } = await savedSelf(guest);
  const answer = wordsOf(await self.ask(`restart ${path}`));
  // The subject compares registers, FPU, TLS and name with what it had saved.
  assert.equal(answer, { ret: '0', errno: 'none', restored: 'all' });
});

test('works as often as one likes', async ({ guest }) => {
  const { self, path } = await savedSelf(guest);
  for (let i = 0; i < 3; i++) {
    const answer = wordsOf(await self.ask(`restart ${path}`));
    assert.equal(answer, { ret: '0', errno: 'none', restored: 'all' });
  }
});

test('leaves the task able to be saved again', async ({ guest }) => {
  const { self, path } = await savedSelf(guest);
  assert.is(wordsOf(await self.ask(`restart ${path}`))['ret'], '0');
  const again = wordsOf(await self.ask(`checkpoint 0 ${path}`));
  assert.is(again['errno'], 'none');
  assert.ok(Number(again['ret']) > 0);
});

test('what was not restarted keeps what it put there since', async ({ guest }) => {
  await untouched(await savedSelf(guest));
});

test('reads from a position, and no further than the tail', async ({ guest }) => {
  const saved = await savedSelf(guest);
  const longer = Buffer.concat([saved.bytes, Buffer.from('what comes after the tail')]);
  const answer = await restartFrom(guest, saved, longer);
  assert.is(answer['ret'], '0');
});

test.needs({ patch: patches.mmFlags })(
  'a core dump would hold what the image says, as the next image tells',
  async ({ guest }) => {
    // The guest's kernel dumps no cores: /proc has nothing of it.
    const saved = await savedSelf(guest);
    const filterIn = (bytes: Buffer) => placeOf(bytes, types.memoryFlags) + 12;
    assert.not.equal(saved.bytes.readUInt32LE(filterIn(saved.bytes)), 0x55);
    const other = withNumber(saved.bytes, filterIn(saved.bytes), 4, 0x55n);
    assert.is((await restartFrom(guest, saved, other))['ret'], '0');
    assert.is(wordsOf(await saved.self.ask(`checkpoint 0 ${saved.path}`))['errno'], 'none');
    const again = Buffer.from(await guest.read(saved.path));
    assert.is(again.readUInt32LE(filterIn(again)), 0x55);
  },
);

/** Fields of MM that only /proc and limits look at: by name, where each is, and what is added to it. */
const marks = [
  ['start_code', 16, -1n],
  ['end_code', 24, 1n],
  ['start_data', 32, -1n],
  ['end_data', 40, 1n],
  ['start_stack', 64, -8n],
  ['arg_start', 72, -1n],
  ['arg_end', 80, 1n],
  ['env_start', 88, -1n],
  ['env_end', 96, 1n],
] as const;

test('each of the marks of its memory is what the image says, as the next image tells', async ({
  guest,
}) => {
  const saved = await savedSelf(guest);
  const markIn = (bytes: Buffer, at: number) =>
    bytes.readBigUInt64LE(placeOf(bytes, types.memory) + at);
  const other = marks.reduce(
    (bytes, [, at, more]) =>
      withNumber(bytes, placeOf(bytes, types.memory) + at, 8, markIn(bytes, at) + more),
    saved.bytes,
  );
  assert.is((await restartFrom(guest, saved, other))['ret'], '0');
  assert.is(wordsOf(await saved.self.ask(`checkpoint 0 ${saved.path}`))['errno'], 'none');
  const again = Buffer.from(await guest.read(saved.path));
  const named = (bytes: Buffer) =>
    Object.fromEntries(marks.map(([name, at]) => [name, markIn(bytes, at)]));
  assert.equal(named(again), named(other));
});

test.run();
