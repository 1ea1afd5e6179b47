import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { patches } from './support/patches.ts';
import {
  bringBack,
  destroy,
  endWell,
  freezeAll,
  save,
  startWorkload,
  thaw,
} from './support/workload.ts';
import type { Workload } from './support/workload.ts';

const test = suite('how mappings are going to be read')
  .needs({ patch: patches.tree })
  .needs({ patch: patches.advice });

/** VM_SEQ_READ and VM_RAND_READ. */
const advice = 0x18000n;

test('advice is what it was after a restart', async ({ guest }) => {
  const workload = await startWorkload(guest, 'advised');
  const before = await adviceOf(guest, workload);
  assert.equal(before, [0x10000n, 0x8000n], 'random, then sequential');
  const image = await save(guest, workload);
  await destroy(guest, workload);
  const again = await bringBack(guest, workload, image);
  assert.equal(await adviceOf(guest, again), before);
  await endWell(guest, again);
});

/** Returns the advice of all mappings that have any, in their order. */
async function adviceOf(guest: Guest, workload: Workload): Promise<bigint[]> {
  await freezeAll(guest, workload);
  const image = await (await guest.checkpoint(workload.pid)).image();
  await thaw(guest, workload);
  return image.objects
    .filter(({ name }) => name === 'VMA')
    .map(({ fields }) => BigInt(fields['vm_flags'] ?? 0) & advice)
    .filter((flags) => flags !== 0n);
}

test.run();
