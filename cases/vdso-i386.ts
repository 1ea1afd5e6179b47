import type { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedSelf, untouched } from './support/self.ts';

const test = suite('a restart where the vdso is no mapping')
  .needs({ architecture: 'i386', base: 'v2.6.30' })
  .needs({ patch: patches.memory });

/** Where all programs have it that begin while the sysctl is 2: above user space. */
const fixed = 0xffff_e000n;
const vdsoIn = (bytes: Buffer) => placeOf(bytes, types.memoryContext) + 8;

async function vdso(guest: Guest, value: '0' | '1' | '2'): Promise<void> {
  await guest.sysctl('vm.vdso_enabled', value);
}

test('where all programs have it: it restarts on a kernel that has it there, too', async ({
  guest,
}) => {
  await vdso(guest, '2');
  const saved = await savedSelf(guest);
  assert.is(saved.bytes.readBigUInt64LE(vdsoIn(saved.bytes)), fixed);
  await vdso(guest, '1');
  assert.is((await restartFrom(guest, saved, saved.bytes))['errno'], 'EINVAL');
  await untouched(saved);
  await vdso(guest, '2');
  assert.is((await restartFrom(guest, saved, saved.bytes))['restored'], 'all');
});

test('nowhere: it restarts without one', async ({ guest }) => {
  await vdso(guest, '0');
  const saved = await savedSelf(guest);
  assert.is(saved.bytes.readBigUInt64LE(vdsoIn(saved.bytes)), 0n);
  await vdso(guest, '1');
  assert.is((await restartFrom(guest, saved, saved.bytes))['restored'], 'all');
});

for (const [where, place] of [
  ['the page before where it may be', fixed - 0x1000n],
  ['the first page after user space', 0xc000_0000n],
  ['that place, and bits above it', fixed + (1n << 32n)],
] as const)
  test(`on ${where}: EINVAL, and the task is as it was`, async ({ guest }) => {
    await vdso(guest, '2');
    const saved = await savedSelf(guest);
    const bytes = withNumber(saved.bytes, vdsoIn(saved.bytes), 8, place);
    assert.is((await restartFrom(guest, saved, bytes))['errno'], 'EINVAL');
    await untouched(saved);
  });

test.run();
