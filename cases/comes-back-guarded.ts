import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { registerWorkloads } from './support/flavours.ts';
import { placesIn, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, destroy, endWell, save, startWorkload, thaw } from './support/workload.ts';
import type { Workload } from './support/workload.ts';

const sharedMemory = { patch: patches.sharedMemory };
const rseq = { base: 'v6.1', patch: patches.rseq };

registerWorkloads('what the kernel keeps an eye on', {
  'handed-on': { ...sharedMemory, pids: true },
  inherited: { ...sharedMemory, pids: true },
  'locked-bits': { patch: patches.credentials },
  rights: { base: 'v6.1', feature: 'ospke' },
  'in-sequence': { ...rseq, moves: true },
});

const test = suite('a sequence that a task was within begins anew')
  .needs({ base: 'v6.1', patch: patches.rseq })
  .within(60);

/** Asserts that a saved task was within the sequence: by its instruction pointer. */
async function wasWithin(guest: Guest, { folder }: Workload, image: string): Promise<void> {
  const bytes = Buffer.from(await guest.read(image));
  const section = Buffer.from(await guest.read(`${folder}/section`));
  const [start, end] = [section.readBigUInt64LE(0), section.readBigUInt64LE(8)];
  const within = placesIn(bytes)
    .filter(({ type }) => type === types.cpu)
    .map(({ offset }) => bytes.readBigUInt64LE(offset + 136))
    .filter((ip) => ip >= start && ip < end);
  assert.is(within.length, 1, 'one of the tasks is within the sequence');
}

/** Has the word be another one than the sequence has read. */
async function changeWord(guest: Guest, { folder }: Workload): Promise<void> {
  await guest.shim('write', `${folder}/word`, 'else', '--offset', '0');
}

test('saved and thawed', async ({ guest }) => {
  const workload = await startWorkload(guest, 'in-sequence');
  await wasWithin(guest, workload, await save(guest, workload));
  await changeWord(guest, workload);
  await thaw(guest, workload);
  await endWell(guest, workload);
});

// The word is in a file that is another by then.
test.needs({ patch: patches.changedFiles })('killed and restarted', async ({ guest }) => {
  const workload = await startWorkload(guest, 'in-sequence');
  const image = await save(guest, workload);
  await wasWithin(guest, workload, image);
  await destroy(guest, workload);
  await changeWord(guest, workload);
  const changed = { pids: ['--changed-files'] };
  await endWell(guest, await bringBack(guest, workload, image, changed));
});

test.run();
