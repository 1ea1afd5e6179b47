import { Buffer } from 'node:buffer';
import { suite } from './cr/case.ts';
import {
  after,
  first,
  having,
  insert,
  nth,
  object,
  put,
  registerWrong,
} from './support/hostile.ts';
import type { Edit, Spot, Wrong } from './support/hostile.ts';
import { placeOf, placesIn, types } from './support/image.ts';
import { patches } from './support/patches.ts';

const test = suite('restart from shared objects that are wrong')
  .needs({ patch: patches.calls })
  .needs({ patch: patches.pids })
  .within(60);

const { objref, fileTable, fileDescriptor, fileName, taskObjects, memory, memoryContext, mapping } =
  types;

/** Kinds of shared objects that every image has. */
const kinds = { fileTable: 1, file: 2, memory: 3, ns: 4, fs: 7 };

/** The announcement of the first object of a kind. */
const announced = (kind: number): Spot => having(objref, 8, kind);

/** The number of the first object of a kind. */
const numberOf = (kind: number) => (bytes: Buffer) =>
  BigInt(bytes.readUInt32LE(announced(kind)(bytes) + 12));

/** All of the first object of a kind, to the first object of a type after it. */
const whole = (kind: number, end: number) => (bytes: Buffer) => {
  const from = announced(kind)(bytes);
  return bytes.subarray(from, after(() => from, end)(bytes));
};

/** The same, under another number. */
const again = (kind: number, end: number) => (bytes: Buffer) => {
  const copy = Buffer.from(whole(kind, end)(bytes));
  copy.writeUInt32LE(99, 12);
  return copy;
};

/** An address space without a single mapping, and with the vectors that the image's has. */
const emptyMemory = (bytes: Buffer) => {
  const context = placeOf(bytes, memoryContext);
  const vectors = placesIn(bytes).find(({ offset }) => offset > context);
  const end = (vectors?.offset ?? 0) + (vectors?.length ?? 0);
  return Buffer.concat([
    object(objref, kinds.memory, 99),
    object(memory, ...Array.from({ length: 24 }, () => 0)),
    object(memoryContext, 0, 0, 8, 0),
    bytes.subarray(context + 24, end),
  ]);
};

/** A table of no descriptors. */
const emptyTable = Buffer.concat([object(objref, kinds.fileTable, 98), object(fileTable, 0, 0)]);

/** Tables of descriptors, each with the next in it: what reads them must not call itself that deep. */
const nested = Buffer.concat(
  Array.from({ length: 2000 }, (_, index) =>
    Buffer.concat([object(objref, kinds.fileTable, 1000 + index), object(fileTable, 1, 0)]),
  ),
);

/** Puts an object after so many objects of the type that follows it. */
const moved =
  (kind: number, end: number, index: number): Edit =>
  (bytes) => {
    const part = whole(kind, end)(bytes);
    const from = announced(kind)(bytes);
    const to = nth(end, index)(bytes);
    return Buffer.concat([
      ...[bytes.subarray(0, from), bytes.subarray(from + part.length, to)],
      ...[part, bytes.subarray(to)],
    ]);
  };

const none = 0xffffffffn;
const aFile = announced(kinds.file);

const rows: readonly Wrong[] = [
  ['no kind', put(aFile, 8, 4, 0n)],
  ['a kind that there is not', put(aFile, 8, 4, 11n)],
  ['the highest kind', put(aFile, 8, 4, none)],
  ['no number', put(aFile, 12, 4, 0n)],
  ['a number below 0', put(aFile, 12, 4, none)],
  ['the number of another', put(nth(objref, 3), 12, 4, numberOf(kinds.file))],
  ['the number of another kind', put(aFile, 12, 4, numberOf(kinds.ns))],
  ['a file as a pipe', put(aFile, 8, 4, 5n)],
  ['a file as shared memory', put(aFile, 8, 4, 6n)],
  ['a table of descriptors as memory', put(announced(kinds.fileTable), 8, 4, 3n)],
  ['directories as namespaces', put(announced(kinds.fs), 8, 4, 4n)],
  ['a table in a table', insert(first(fileDescriptor), emptyTable)],
  ['a table in a table in a table, and so on', insert(announced(kinds.fileTable), nested)],
  ['a file in a file', insert(first(fileName), again(kinds.file, fileDescriptor))],
  ['a table in a file', insert(first(fileName), emptyTable)],
  ['memory in a table', insert(first(fileDescriptor), emptyMemory)],
  ['memory in memory', insert(first(mapping), emptyMemory)],
  ['a second address space, behind the first', insert(first(taskObjects), emptyMemory)],
  ['a second address space, before the first', insert(announced(kinds.memory), emptyMemory)],
  ['a file that is announced when it has been needed', moved(kinds.file, fileDescriptor, 1)],
];

registerWrong(test, 'file-offset', rows, { about: 'objects' });

test.run();
