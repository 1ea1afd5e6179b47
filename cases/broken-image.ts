import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import { firstPlacesIn, placeOf, placesIn, types, withNumber } from './support/image.ts';
import type { Place } from './support/image.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedSelf, untouched } from './support/self.ts';

const test = suite('restart from an image that is wrong')
  .needs({ patch: patches.subtree })
  .within(60);

/** Object, byte in it, bytes, and a value that no kernel writes there: docs/image-format.md. */
const fields = [
  ['magic of HEADER', types.header, 8, 8, 0x00feed0cc0a2d201n],
  ['an architecture that there is not', types.header, 16, 2, 3n],
  ['major version', types.header, 18, 2, 99n],
  ['minor version', types.header, 20, 2, 99n],
  ['patch version', types.header, 22, 2, 999n],
  ['revision of the format', types.header, 24, 2, 2n],
  ['length of the release, one more', types.header, 26, 2, 66n],
  ['length of the version, none', types.header, 28, 2, 0n],
  ['length of the machine, the most', types.header, 30, 2, 0xffffn],
  ['flags that no kernel knows', types.header, 40, 8, 2n],
  ['padding of HEADER_ARCH', types.headerArch, 14, 2, 1n],
  ['a CPU without FXSAVE', types.headerArch, 8, 2, 0n],
  ['size of the FPU state, one more', types.headerArch, 12, 2, 513n],
  ['size of the FPU state, none', types.headerArch, 12, 2, 0n],
  ['a task that is dead', types.task, 12, 4, 16n],
  ['a signal that there is not', types.task, 20, 4, 65n],
  ['length of the name, none', types.task, 24, 4, 0n],
  ['length of the name, one more', types.task, 24, 4, 17n],
  ['length of the name, the most', types.task, 24, 4, 0xffffffffn],
  ['a flag of TASK that there is not', types.task, 28, 4, 2n],
  ['number of TLS slots', types.thread, 8, 2, 4n],
  ['size of the TLS slots', types.thread, 10, 2, 16n],
  ['more TLS slots in use than there are', types.thread, 12, 2, 4n],
  ['padding of THREAD', types.thread, 14, 2, 1n],
  ['neither used math nor not', types.cpu, 276, 4, 2n],
  ['neither uses breakpoints nor not', types.cpu, 272, 4, 2n],
  ['magic of TAIL', types.tail, 8, 8, 0n],
] as const;

for (const [what, type, at, size, value] of fields)
  test(`${what}: EINVAL, and the task is as it was`, async ({ guest }) => {
    const saved = await savedSelf(guest);
    const bytes = withNumber(saved.bytes, placeOf(saved.bytes, type) + at, size, value);
    assert.not.equal(bytes, saved.bytes, 'the image was right before');
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  });

for (const [architecture, other] of [
  ['x86_64', 1n],
  ['i386', 2n],
] as const)
  test.needs({ architecture })(
    `what was saved on the other than ${architecture}: EINVAL, and the task is as it was`,
    async ({ guest }) => {
      const saved = await savedSelf(guest);
      const bytes = withNumber(saved.bytes, placeOf(saved.bytes, types.header) + 16, 2, other);
      assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
      await untouched(saved);
    },
  );

test('each type wrong: EINVAL', async ({ guest }) => {
  const saved = await savedSelf(guest);
  for (const { type, offset } of firstPlacesIn(saved.bytes))
    for (const wrong of [0n, 77n, 0xffffffffn, BigInt(types.error)]) {
      const bytes = withNumber(saved.bytes, offset, 4, wrong);
      const { errno } = await restartFrom(guest, saved, bytes);
      assert.is(errno, 'EINVAL', `${wrong} for the ${type} at ${offset}`);
    }
  await untouched(saved);
});

test('each length wrong: EINVAL', async ({ guest }) => {
  const saved = await savedSelf(guest);
  for (const { type, offset, length } of firstPlacesIn(saved.bytes))
    for (const wrong of [0, 7, 8, length - 1, length + 1, 0x7fffffff, 0xfffffff8, 0xffffffff]) {
      if (wrong === length) continue;
      const bytes = withNumber(saved.bytes, offset + 4, 4, BigInt(wrong));
      const { errno } = await restartFrom(guest, saved, bytes);
      assert.is(errno, 'EINVAL', `${wrong} for the ${type} of ${length} at ${offset}`);
    }
  await untouched(saved);
});

test('each object twice: EINVAL', async ({ guest }) => {
  const saved = await savedSelf(guest);
  // A second TAIL comes after all that restart reads.
  for (const place of placesIn(saved.bytes).slice(0, -1)) {
    const { errno } = await restartFrom(guest, saved, twice(saved.bytes, place));
    assert.is(errno, 'EINVAL', `the ${place.type} at ${place.offset}`);
  }
  await untouched(saved);
});

test('each object missing: EINVAL', async ({ guest }) => {
  const saved = await savedSelf(guest);
  // Without TAIL the image is truncated.
  for (const place of placesIn(saved.bytes).slice(0, -1)) {
    const { errno } = await restartFrom(guest, saved, without(saved.bytes, place));
    assert.is(errno, 'EINVAL', `the ${place.type} at ${place.offset}`);
  }
  await untouched(saved);
});

test('a name without its NUL: EINVAL', async ({ guest }) => {
  const saved = await savedSelf(guest);
  const offset = placeOf(saved.bytes, types.string);
  const bytes = Buffer.from(saved.bytes).fill('x', offset + 8, offset + 24);
  assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
  await untouched(saved);
});

/** Objects that are made for the task that is being restored, and what comes after them. */
const forTasks = [
  ['an address space', 3, types.memory, 104],
  // Of segment 0, for reading.
  ['an attach', 9, types.ipcAttach, 16, 0, 1],
  ['something to undo', 10, types.ipcUndo, 16],
] as const;

for (const [what, objtype, type, length, ...fields] of forTasks)
  test.needs({ patch: patches.objectsOfTasks }).needs({ patch: patches.ipcUndo })(
    `${what} where no task is: EINVAL`,
    async ({ guest }) => {
      const saved = await savedSelf(guest);
      const object = Buffer.alloc(16 + length);
      const words = [types.objref, 16, objtype, 999, type, length, ...fields];
      words.forEach((value, i) => object.writeUInt32LE(value, 4 * i));
      for (const at of [0, placeOf(saved.bytes, types.tail)]) {
        const parts = [saved.bytes.subarray(0, at), object, saved.bytes.subarray(at)];
        const { errno } = await restartFrom(guest, saved, Buffer.concat(parts));
        assert.is(errno, 'EINVAL', `at ${at}`);
      }
      await untouched(saved);
    },
  );

test.needs({ patch: patches.auxv })(
  'an auxiliary vector without its end: EINVAL',
  async ({ guest }) => {
    const saved = await savedSelf(guest);
    const { offset, length } = vectorIn(saved.bytes);
    const bytes = Buffer.from(saved.bytes).fill(1, offset + 8, offset + length);
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  },
);

test.needs({ patch: patches.exitSignal })(
  'a signal for its parent that a user may not send: EPERM',
  async ({ guest }) => {
    const saved = await savedSelf(guest, { uid: 1000, gid: 1000 });
    const at = placeOf(saved.bytes, types.task) + 20;
    const { errno } = await restartFrom(guest, saved, withNumber(saved.bytes, at, 4, 9n));
    assert.is(errno, 'EPERM');
    await untouched(saved);
  },
);

/** What MM_FLAGS can't have. */
const memoryFlags = [
  ['mappings to come in a state that there is not', 8, 8n],
  ['more kinds of mappings in a core dump than there are', 12, 0x10000n],
] as const;

for (const [what, at, value] of memoryFlags)
  test.needs({ patch: patches.mmFlags })(`${what}: EINVAL`, async ({ guest }) => {
    const saved = await savedSelf(guest);
    const place = placeOf(saved.bytes, types.memoryFlags);
    const bytes = withNumber(saved.bytes, place + at, 4, value);
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  });

/** The auxiliary vector is the BUFFER after MM_CONTEXT. */
function vectorIn(bytes: Buffer): Place {
  const places = placesIn(bytes);
  const found = places[places.findIndex(({ type }) => type === types.memoryContext) + 1];
  assert.ok(found?.type === types.buffer, 'the image has an auxiliary vector');
  return found;
}

function twice(bytes: Buffer, { offset, length }: Place): Buffer {
  const end = offset + length;
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(offset)]);
}

function without(bytes: Buffer, { offset, length }: Place): Buffer {
  return Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + length)]);
}

test.run();
