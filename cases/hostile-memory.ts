import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import {
  after,
  both,
  first,
  having,
  insert,
  nth,
  object,
  put,
  registerWrong,
  replace,
} from './support/hostile.ts';
import type { Edit, Spot, Wrong } from './support/hostile.ts';
import { placesIn, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, endWell, runShell, savedWorkload, thaw } from './support/workload.ts';

const test = suite('restart from memory that is wrong')
  .needs({ patch: patches.calls })
  .needs({ patch: patches.pids })
  .within(60);

const { objref, buffer, memory, memoryLayout, mapping, pages, memoryContext } = types;
const { sharedMemory } = types;

const none = 0xffffffffn;
const kernel = 0xffff_8800_0000_0000n;
const topOfUserSpace = 0x7fff_ffff_f000n;
const highest = 0xffff_ffff_ffff_f000n;

/** Kinds of mappings. */
const kinds = { vdso: 1, ofNothing: 2, ofFile: 3, shared: 4 };

/** The number of the first shared object of a kind. */
const numberOf = (kind: number) => (bytes: Buffer) =>
  BigInt(bytes.readUInt32LE(having(objref, 8, kind)(bytes) + 12));

/** A number of 8 bytes of an object, and some more. */
const field =
  (spot: Spot, offset: number, more = 0n) =>
  (bytes: Buffer) =>
    BigInt.asUintN(64, bytes.readBigUInt64LE(spot(bytes) + offset) + more);

const program = having(mapping, 8, kinds.ofFile);
const heap = having(mapping, 8, kinds.ofNothing);
const vdso = having(mapping, 8, kinds.vdso);

/** Ranges of MM: where they begin, and where they end. */
const ranges = [
  ['code', 16],
  ['data', 32],
  ['heap', 48],
  ['arguments', 72],
  ['environment', 88],
] as const;

const space: readonly Wrong[] = [
  [
    'one mapping more',
    put(memory, 8, 4, (bytes) => BigInt(bytes.readUInt32LE(first(memory)(bytes) + 8) + 1)),
  ],
  [
    'one mapping less',
    put(memory, 8, 4, (bytes) => BigInt(bytes.readUInt32LE(first(memory)(bytes) + 8) - 1)),
  ],
  ['no mappings', put(memory, 8, 4, 0n)],
  ['the most mappings', put(memory, 8, 4, none)],
  ['mappings to come from nowhere', put(memoryLayout, 8, 8, 0n)],
  ['mappings to come from the middle of a page', put(memoryLayout, 8, 8, 0x2aaa_aaaa_b001n)],
  ['mappings to come from the kernel', put(memoryLayout, 8, 8, kernel)],
  ['mappings to come from the highest page', put(memoryLayout, 16, 8, highest)],
  ['mappings to come neither from above nor from below', put(memoryLayout, 40, 4, 2n)],
  ['padding of MM_LAYOUT', put(memoryLayout, 44, 4, 1n)],
  ['a program that is not there', put(memory, 12, 4, 32767n)],
  ['a program below 0', put(memory, 12, 4, none)],
  ['namespaces for a program', put(memory, 12, 4, numberOf(4))],
  ['null for a program', put(memory, 12, 4, numberOf(2)), 'EACCES'],
  ...ranges.flatMap(([what, at]): Wrong[] => [
    [`${what} that ends before it begins`, put(memory, at, 8, field(first(memory), at + 8, 1n))],
    [`${what} that ends in the kernel`, put(memory, at + 8, 8, kernel)],
    [`${what} that ends just after user space`, put(memory, at + 8, 8, topOfUserSpace + 1n)],
  ]),
  ['a stack in the kernel', put(memory, 64, 8, kernel)],
  ['the vdso in the kernel', put(memoryContext, 8, 8, kernel)],
  ['the vdso elsewhere', put(memoryContext, 8, 8, 0x10000n)],
  ['the vdso nowhere', put(memoryContext, 8, 8, 0n)],
  ['the vdso within a page', put(memoryContext, 8, 8, field(first(memoryContext), 8, 8n))],
  ['entries of an LDT of another size', put(memoryContext, 16, 4, 16n)],
  ['an entry of an LDT', put(memoryContext, 20, 4, 1n)],
  ['no vectors', replace(after(first(memoryContext), buffer), '')],
  ['vectors of another length', replace(after(first(memoryContext), buffer), Buffer.alloc(16))],
];

/** Flags of mappings, as both kernels have them. */
const [write, sharedFlag, mayShare, pfnMap, io, hugePages] = [
  ...[0x2n, 0x8n, 0x80n, 0x400n, 0x4000n, 0x400000n],
] as const;

const flagged = (spot: Spot, flags: bigint): Edit =>
  put(spot, 40, 8, (bytes) => field(spot, 40)(bytes) | flags);

const mappings: readonly Wrong[] = [
  ['no kind', put(heap, 8, 4, 0n)],
  ['a kind that there is not', put(heap, 8, 4, 7n)],
  ['a file for a mapping of nothing', put(heap, 12, 4, numberOf(2))],
  ['a file for the vdso', put(vdso, 12, 4, numberOf(2))],
  ['no file for a mapping of one', put(program, 12, 4, 0n)],
  ['a file that is not there', put(program, 12, 4, 32767n)],
  ['a file below 0', put(program, 12, 4, none)],
  ['namespaces for a file', put(program, 12, 4, numberOf(4))],
  ['memory for a file, that of which it is', put(program, 12, 4, numberOf(3))],
  ['a mapping of a file as one of nothing', put(program, 8, 4, 2n)],
  ['a private one as shared memory', put(program, 8, 4, 4n)],
  ['a private one as an attach', put(program, 8, 4, 6n)],
  ['a private one of a file as a shared one', put(program, 8, 4, 5n)],
  ['the heap as the vdso', put(heap, 8, 4, 1n)],
  ['a start within a page', put(program, 16, 8, field(program, 16, 1n))],
  ['an end within a page', put(program, 24, 8, field(program, 24, -1n))],
  ['an end at the start', put(program, 24, 8, field(program, 16))],
  ['an end before the start', put(program, 24, 8, field(program, 16, -4096n))],
  ['no end', put(program, 24, 8, 0n)],
  ['the start in the kernel', put(program, 16, 8, kernel)],
  ['all of it in the kernel', both(put(vdso, 16, 8, kernel), put(vdso, 24, 8, kernel + 4096n))],
  ['the end in the kernel', put(nth(mapping, -1), 24, 8, kernel)],
  ['the end just after user space', put(nth(mapping, -1), 24, 8, topOfUserSpace + 4096n)],
  ['the highest end', put(nth(mapping, -1), 24, 8, highest)],
  ['two at one place', put(nth(mapping, 1), 16, 8, field(program, 16))],
  ['one that begins in the one before', put(nth(mapping, 1), 16, 8, field(program, 24, -4096n))],
  ['a vdso of two pages more', put(vdso, 24, 8, field(vdso, 24, 8192n))],
  ['a private one, said to be shared', flagged(program, sharedFlag)],
  ['a private one that may be shared', flagged(program, mayShare)],
  ['of huge pages', flagged(heap, hugePages)],
  ['of a device', flagged(heap, io)],
  ['of no pages', flagged(heap, pfnMap)],
  ['a page of the file that no file has', put(program, 48, 8, 1n << 52n)],
  ['the last page of the file', put(program, 48, 8, (1n << 64n) - 1n)],
  [
    'a shared one to write to, of a file to read',
    both(flagged(program, sharedFlag | mayShare | write), put(program, 8, 4, 5n)),
    'EACCES',
  ],
];

/** More than a guest has, but no more than user space is. */
const tooMuch = (bytes: bigint): readonly Wrong[] => [
  [
    'memory that is not writable but was written to: mprotect would not let it',
    both(
      put(heap, 24, 8, field(heap, 16, bytes)),
      put(heap, 40, 8, (image) => field(heap, 40)(image) & ~write),
    ),
    'ENOMEM',
  ],
];

/** The first pages that are more than one, and the addresses in front of them. */
const several: Spot = (bytes) => {
  const found = placesIn(bytes).find(
    ({ type, offset }) => type === pages && bytes.readBigUInt64LE(offset + 8) > 1n,
  );
  assert.ok(found, 'a mapping has more than one page');
  return found.offset;
};
const addresses = after(several, buffer);

/** The mapping that those are of. */
const theirs: Spot = (bytes) => {
  const before = placesIn(bytes).filter(
    ({ type, offset }) => type === mapping && offset < several(bytes),
  );
  return before.at(-1)?.offset ?? 0;
};

/** The first mapping of a file of which a page is saved. */
const written = (bytes: Buffer) => having(pages, 8, 1)(bytes) - 56;

const count = (more: bigint) => put(several, 8, 8, field(several, 8, more));

const arrays: readonly Wrong[] = [
  ['one page more', count(1n)],
  ['one page less', count(-1n)],
  ['no pages, but they follow', put(several, 8, 8, 0n)],
  ['257 pages', put(several, 8, 8, 257n)],
  ['as many pages and 2^32', count(1n << 32n)],
  ['the most pages', put(several, 8, 8, (1n << 64n) - 1n)],
  [
    '257 pages, all of them there',
    both(put(several, 8, 8, 257n), replace(addresses, Buffer.alloc(257 * 4104))),
  ],
  ['an address within a page', put(addresses, 8, 8, field(addresses, 8, 8n))],
  ['an address below the mapping', put(addresses, 8, 8, field(theirs, 16, -4096n))],
  ['an address after the mapping', put(addresses, 16, 8, field(theirs, 24))],
  ['an address in the kernel', put(addresses, 8, 8, kernel)],
  ['the last address in the kernel', put(addresses, 16, 8, kernel)],
  ['no address', put(addresses, 8, 8, 0n)],
  ['the highest address', put(addresses, 16, 8, highest)],
  ['an address twice', put(addresses, 16, 8, field(addresses, 8))],
  ['an address lower than the one before', put(addresses, 16, 8, field(addresses, 8, -4096n))],
  ['a page after the end of its file', put(written, 48, 8, 0x100000n), 'EFAULT'],
];

/** A page where the kernel keeps the time, of which v6.1 makes a mapping of its own. */
const ofTheKernel: readonly Wrong[] = [
  [
    'a page of what the kernel shows of itself',
    insert(after(vdso, pages), (bytes) => {
      const page = Buffer.alloc(8 + 8 + 4096);
      object(buffer).copy(page);
      page.writeUInt32LE(page.length, 4);
      page.writeBigUInt64LE(field(vdso, 16)(bytes), 8);
      return Buffer.concat([object(pages, 1, 0), page]);
    }),
    'EACCES',
  ],
];

const inShared = after(first(sharedMemory), pages);
const offsets = after(inShared, buffer);
const mapped = having(mapping, 8, kinds.shared);

const sharedRows: readonly Wrong[] = [
  ['more bytes than user space has', put(sharedMemory, 8, 8, topOfUserSpace + 1n)],
  ['the most bytes', put(sharedMemory, 8, 8, (1n << 64n) - 1n)],
  ['no bytes, but pages', put(sharedMemory, 8, 8, 0n)],
  ['less bytes than its pages have', put(sharedMemory, 8, 8, 4096n)],
  ['reserved neither so nor so', put(sharedMemory, 16, 4, 2n)],
  ['padding of SHMEM', put(sharedMemory, 20, 4, 1n)],
  ['a page after its end', put(offsets, 8, 8, 8n * 4096n)],
  ['a page within a page', put(offsets, 8, 8, 2048n)],
  ['a page twice', put(offsets, 16, 8, field(offsets, 8))],
  ['the highest page', put(offsets, 32, 8, highest)],
  ['257 pages', put(inShared, 8, 8, 257n)],
  ['a mapping of a file for it', put(mapped, 12, 4, numberOf(2))],
  ['a mapping of nothing', put(mapped, 12, 4, 0n)],
  ['a mapping of it as one of a file', put(mapped, 8, 4, 5n)],
  ['a mapping of it as a private one', put(mapped, 8, 4, 3n)],
  ['a mapping that is not shared', put(mapped, 40, 8, 0x73n)],
];

registerWrong(test, 'file-private', space, { about: 'address space' });
registerWrong(test, 'file-private', mappings, { about: 'mappings' });
for (const [architecture, amount, bytes] of [
  ['x86_64', 'a TiB', 1n << 40n],
  ['i386', 'a GiB', 1n << 30n],
] as const)
  registerWrong(test.needs({ architecture }), 'file-private', tooMuch(bytes), { about: amount });
registerWrong(test, 'file-private', arrays, { about: 'pages' });
registerWrong(test.needs({ base: 'v6.1' }), 'file-private', ofTheKernel, { about: 'vdso' });
registerWrong(test.needs({ patch: patches.sharedMemory }), 'shared-memory', sharedRows);

test('no program: it comes back, and is seen to run none', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'count');
  const bytes = Buffer.from(await guest.read(image));
  await guest.write(image, put(types.memory, 12, 4, 0n)(bytes));
  const again = await bringBack(guest, workload, image, { frozen: true });
  await runShell(guest, `! readlink /proc/${again.pid}/exe`);
  await thaw(guest, again);
  await endWell(guest, again);
});

test.run();
