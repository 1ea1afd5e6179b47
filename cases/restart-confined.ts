import { assert, suite } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { savedBy, savedSelf, restartFrom, untouched, wordsOf } from './support/self.ts';

const test = suite('a restart gives nobody what it was made to do without').needs({
  patch: patches.credentials,
});

// Strictly confined, on any base, one may not call restart at all.
test.needs({ base: 'v6.1' })(
  'under a seccomp filter, whatever it allows: EPERM, to root as well',
  async ({ guest }) => {
    const saved = await savedSelf(guest);
    assert.is((await restartFrom(guest, saved, saved.bytes))['ret'], '0');
    assert.is(wordsOf(await saved.self.ask('confine'))['errno'], 'none');
    const again = await restartFrom(guest, saved, saved.bytes);
    assert.equal(again, { ret: '-1', errno: 'EPERM' });
    await untouched(saved);
  },
);

/** Of linux/securebits.h: a privilege of root's, and the lock of that. */
const noRoot = 0x1;
const noRootLocked = 0x2;

/** Bytes from the start of CRED to the bits, docs/image-format.md. */
const bitsIn = 40;

test('locked security bits: EPERM if the image has others, and it may have them', async ({
  guest,
}) => {
  const before = await savedSelf(guest);
  const { self } = before;
  assert.is(wordsOf(await self.ask(`secure ${noRootLocked}`))['errno'], 'none');
  assert.equal(await restartFrom(guest, before, before.bytes), { ret: '-1', errno: 'EPERM' });
  await untouched(before);
  const after = await savedBy(guest, self);
  const at = placeOf(after.bytes, types.credentials) + bitsIn;
  assert.is(after.bytes.readUInt32LE(at), noRootLocked);
  // What is locked is that root has its privileges.
  const other = withNumber(after.bytes, at, 4, BigInt(noRootLocked | noRoot));
  assert.equal(await restartFrom(guest, after, other), { ret: '-1', errno: 'EPERM' });
  assert.is((await restartFrom(guest, after, after.bytes))['ret'], '0');
});

test.run();
