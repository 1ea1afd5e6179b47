import { assert, suite } from './cr/case.ts';
import { placesIn } from './support/image.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedSelf, untouched } from './support/self.ts';

const test = suite('restart from an image that ends too early').needs({ patch: patches.subtree });

test('after each object: EPIPE, and the task is as it was', async ({ guest }) => {
  const saved = await savedSelf(guest);
  for (const { offset } of placesIn(saved.bytes)) {
    const answer = await restartFrom(guest, saved, saved.bytes.subarray(0, offset));
    assert.is(answer['errno'], 'EPIPE', `${offset} bytes`);
  }
  await untouched(saved);
});

test('inside of each header: EPIPE, and the task is as it was', async ({ guest }) => {
  const saved = await savedSelf(guest);
  for (const { offset } of placesIn(saved.bytes)) {
    const answer = await restartFrom(guest, saved, saved.bytes.subarray(0, offset + 5));
    assert.is(answer['errno'], 'EPIPE', `${offset + 5} bytes`);
  }
  await untouched(saved);
});

test('one byte short of each object: EPIPE, and the task is as it was', async ({ guest }) => {
  const saved = await savedSelf(guest);
  for (const { offset, length } of placesIn(saved.bytes)) {
    const end = offset + length - 1;
    const answer = await restartFrom(guest, saved, saved.bytes.subarray(0, end));
    assert.is(answer['errno'], 'EPIPE', `${end} bytes`);
  }
  await untouched(saved);
});

test('not truncated: it restarts', async ({ guest }) => {
  const saved = await savedSelf(guest);
  assert.is((await restartFrom(guest, saved, saved.bytes))['ret'], '0');
});

test.run();
