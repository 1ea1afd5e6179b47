import { Buffer } from 'node:buffer';
import { suite } from './cr/case.ts';
import { allRefused, may, says, without } from './support/claims.ts';
import type { Claim } from './support/claims.ts';
import { types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, endAgain, endWell, savedWorkload } from './support/workload.ts';

const test = suite('System V IPC that is more than who restarts it may have')
  .needs({ patch: patches.ipcUndo })
  .within(60);

/** Another user of an object, beside root. */
const other = 1000n;

const claims: readonly (Claim & { readonly first?: string })[] = [
  { what: 'a namespace', right: may.admin, change: (bytes) => bytes },
  says('a higher limit of it', may.resources, [types.ipcNamespace, 28, 4], (old) => old + 1n),
  says('a segment of another', may.ownIpc, [types.ipcSegment, 16, 4], other),
  says("a segment of another's group", may.ownIpc, [types.ipcSegment, 20, 4], other),
  says('a queue that another has made', may.ownIpc, [types.ipcQueue, 24, 4], other),
  says("semaphores that another's group has made", may.ownIpc, [types.ipcSemaphores, 28, 4], other),
  says('a queue above the limit', may.resources, [types.ipcQueue, 64, 8], 20_000n),
  says('a queue with more in it than it takes', may.resources, [types.ipcQueue, 64, 8], 5n),
  says('a message above the limit', may.resources, [types.ipcNamespace, 28, 4], 5n),
  {
    ...says('a locked segment', may.lockMemory, [types.ipcSegment, 32, 4], (old) => old | 0o2000n),
    first: 'ulimit -l 0; ',
  },
];

test('EPERM to root without the capability for it, and nothing is left', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'together');
  const bytes = Buffer.from(await guest.read(image));
  const attempts = claims.map(({ what, right, change, first = '' }) => ({
    what,
    bytes: change(without(bytes, right)),
    tool: `${first}restart --without ${right}`,
  }));
  await allRefused(guest, workload, attempts);
  await endWell(guest, await bringBack(guest, workload, image));
});

/** What an owner may do at any time, and still not be let to what is his. */
const locked: readonly Claim[] = [
  says(
    'semaphores to undo that nobody may change',
    may.ownIpc,
    [types.ipcSemaphores, 32, 4],
    0o400n,
  ),
  says('an attached segment that nobody may read', may.ownIpc, [types.ipcSegment, 32, 4], 0o200n),
];

test('EACCES to root without the capability for what its owner may not use', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'together');
  const bytes = Buffer.from(await guest.read(image));
  const attempts = locked.map(({ what, right, change }) => ({
    ...{ what, bytes: change(without(bytes, right)), errno: 'EACCES' },
    tool: `restart --without ${right}`,
  }));
  await allRefused(guest, workload, attempts);
  for (const { change } of locked) {
    await guest.write(`${image}.other`, change(bytes));
    await endAgain(guest, await bringBack(guest, workload, `${image}.other`));
  }
});

test('root may have it', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'together');
  const bytes = Buffer.from(await guest.read(image));
  for (const { change } of claims) {
    await guest.write(`${image}.other`, change(bytes));
    await endAgain(guest, await bringBack(guest, workload, `${image}.other`));
  }
});

test.run();
