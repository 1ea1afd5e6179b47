import { assert, suite } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedBy } from './support/self.ts';

// On i386 C itself calls the kernel by way of it.
const test = suite('a restart of a task without a vdso')
  .needs({ architecture: 'x86_64' })
  .needs({ patch: patches.unmappedVdso });

/** What the kernel is told of where the vdso was. */
const places = [
  ['where it was', undefined],
  ['where it can never have been', 0x1000n],
  ['nowhere', 0n],
] as const;

for (const [where, place] of places)
  test(`the kernel is told that it was ${where}: a fault ends it as any other`, async ({
    guest,
  }) => {
    const bare = await guest.subject('self');
    assert.is(await bare.ask('unmap-vdso'), 'unmapped=yes');
    const saved = await savedBy(guest, bare);
    const at = placeOf(saved.bytes, types.memoryContext) + 8;
    assert.not.equal(saved.bytes.readBigUInt64LE(at), 0n, 'the kernel knows where it was');
    const bytes = place === undefined ? saved.bytes : withNumber(saved.bytes, at, 8, place);
    assert.is((await restartFrom(guest, saved, bytes))['restored'], 'all');
    const last = bare.ask('fault').catch(() => undefined);
    const { signal } = await bare.ended();
    await last;
    assert.is(signal, 'SIGSEGV');
  });

test.run();
