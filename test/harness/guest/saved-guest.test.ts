import assert from 'node:assert/strict';
import { it } from 'node:test';
import { guestKey } from '../../../harness/guest/saved-guest.ts';
import type { Image } from '../../../kernel/base.ts';
import { v2_6_30 } from '../../../kernel/bases/v2.6.30.ts';
import { v6_1 } from '../../../kernel/bases/v6.1.ts';
import type { Rootfs, UserSpaces } from '../../../rootfs/rootfs.ts';

const image = (base: Image['base']) => ({ base, key: 'image', kernel: '/bzImage' }) as Image;
const rootfs = { key: 'rootfs', initramfs: '/initramfs' } as Rootfs;
const userSpaces: UserSpaces = new Map([['x86_64', rootfs]]);

const keysOn = (base: Image['base'], name: 'kvm' | 'tcg') =>
  Promise.all(
    ['GenuineIntel', 'AuthenticAMD'].map((vendor) =>
      guestKey(image(base), { userSpaces, accelerator: { name, reason: '' } }, () =>
        Promise.resolve({ vendor }),
      ),
    ),
  );

it('is another guest on another processor, where guests have what the host has', async () => {
  const [one, other] = await keysOn(v6_1, 'kvm');
  assert.notEqual(one, other);
});

it('is the same guest on all processors, where guests have a model by name', async () => {
  for (const [one, other] of [await keysOn(v6_1, 'tcg'), await keysOn(v2_6_30, 'kvm')])
    assert.equal(one, other);
});
