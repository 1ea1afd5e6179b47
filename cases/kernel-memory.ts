import { assert, suite } from './cr/case.ts';
import { placeOf, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedSelf } from './support/self.ts';
import type { Saved } from './support/self.ts';

// Images are read and written with the limit of user addresses lifted; v6.1 has no such limit.
const test = suite('the limit of user addresses is there again').needs({
  patch: patches.subtree,
  base: 'v2.6.30',
});

/** Where v2.6.30 maps the machine's second MiB: every kernel has it, no program may read it. */
const kernelAddress = '0xffff880000100000';

async function isRefused({ self }: Saved): Promise<void> {
  assert.is(await self.ask(`write-from ${kernelAddress}`), 'ret=-1 errno=EFAULT');
}

test('after a checkpoint', async ({ guest }) => isRefused(await savedSelf(guest)));

test('after a restart', async ({ guest }) => {
  const saved = await savedSelf(guest);
  assert.is((await restartFrom(guest, saved, saved.bytes))['restored'], 'all');
  await isRefused(saved);
});

test('after a restart that was refused at the end of its image', async ({ guest }) => {
  const saved = await savedSelf(guest);
  const short = saved.bytes.subarray(0, placeOf(saved.bytes, types.tail));
  assert.is((await restartFrom(guest, saved, short))['errno'], 'EPIPE');
  await isRefused(saved);
});

test.run();
