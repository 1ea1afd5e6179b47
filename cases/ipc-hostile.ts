import type { Buffer } from 'node:buffer';
import { suite } from './cr/case.ts';
import { first, nth, put, registerWrong } from './support/hostile.ts';
import { patches } from './support/patches.ts';

const test = suite('restart from System V IPC that is wrong')
  .needs({ patch: patches.ipcUndo })
  .within(60);

/** Types of objects, and where in them what all kinds of IPC have in common begins. */
const [ns, ipcNs, shm, attach, msg, message, sem, undo, undoSet, taskUndo, limits] = [
  ...[113, 501, 502, 503, 504, 505, 506, 507, 508, 116, 552],
] as const;

/** Object, byte in it, bytes, a value that can't be right, and the error. */
type Field = readonly [string, number, number, 2 | 4 | 8, bigint, string?];

const none = 0xffffffffn;

/** The id of the first queue, the next time round. */
const samePlace = (bytes: Buffer) => BigInt(bytes.readInt32LE(first(msg)(bytes) + 8) + 32_768);

const wrong: Readonly<Record<string, readonly Field[]>> = {
  'ipc-shm': [
    ['another number of the namespace', ns, 12, 4, 99n],
    ['padding of IPC_NS', ipcNs, 76, 4, 1n],
    ['a limit of messages that is none', limits, 20, 4, 0n],
    ['messages of fewer bytes than 128', limits, 24, 4, 127n],
    ['messages of more bytes than 16 MiB', limits, 24, 4, (16n << 20n) + 1n],
    ['computed neither so nor so', limits, 12, 4, 2n],
    ['padding of IPC_NS_LIMITS', limits, 36, 4, 1n],
    ['more segments than there can be', ipcNs, 24, 4, 32769n],
    ['a limit that no int holds', ipcNs, 28, 4, 0x80000000n],
    ['more semaphores to a set than there can be', ipcNs, 36, 4, 65537n],
    ['a sequence number that is too high', ipcNs, 52, 4, 65536n],
    ['one segment more', ipcNs, 72, 4, 4n],
    ['one segment less', ipcNs, 72, 4, 2n],
    ['more segments than ids', ipcNs, 72, 4, 32769n],
    ['a queue that is not there', ipcNs, 68, 4, 2n],
    ['an id below 0', shm, 8, 4, none],
    ['the key of another', shm, 12, 4, 0x1acn, 'EEXIST'],
    ['nobody for an owner', shm, 16, 4, none],
    ['nobody for a creator', shm, 24, 4, none],
    ['a mode with unknown bits', shm, 32, 4, 0o10644n],
    ['padding of what all have', shm, 36, 4, 1n],
    ['no bytes', shm, 40, 8, 0n],
    ['more bytes than user space has', shm, 40, 8, 1n << 60n],
    ['reserved neither so nor so', shm, 80, 4, 2n],
    ['a segment that is not there', attach, 8, 4, 32767n],
    ['an attach below 0', attach, 8, 4, none],
    ['an attach to write only', attach, 12, 4, 2n],
    ['an attach for nothing', attach, 12, 4, 0n],
    ['what is to be undone, but is not there', taskUndo, 8, 4, 99n],
    ['a namespace as what is to be undone', taskUndo, 8, 4, 2n],
  ],
  'ipc-msg': [
    ['one message more', msg, 80, 4, 6n],
    ['one message less', msg, 80, 4, 4n],
    ['padding of IPC_MSG', msg, 84, 4, 1n],
    ['a mode of shared memory', msg, 32, 4, 0o1620n],
    ['no type', message, 8, 8, 0n],
    ['a type below 0', message, 8, 8, 0xffffffffffffffffn],
    ['a length without a text', message, 16, 4, 1n],
    ['a length of 16 MiB and one', message, 16, 4, 16777217n],
    ['padding of IPC_MESSAGE', message, 20, 4, 1n],
  ],
  'ipc-undo': [
    ['no semaphores', sem, 56, 4, 0n],
    ['one semaphore more', sem, 56, 4, 4n],
    ['more semaphores than there can be', sem, 56, 4, 65537n],
    ['a value above the highest', sem, 72, 4, 32768n],
    ['a value below 0', sem, 72, 4, none],
    ['padding of IPC_SEM', sem, 60, 4, 1n],
    ['one set to undo more', undo, 8, 4, 99n],
    ['padding of IPC_UNDO', undo, 12, 4, 1n],
    ['semaphores to undo that are not there', undoSet, 8, 4, 32767n],
    ['semaphores to undo below 0', undoSet, 8, 4, none],
    ['nothing to undo', undoSet, 12, 4, 0n],
    ['too much to undo', undoSet, 12, 4, 65537n],
    ['padding of TASK_UNDO', taskUndo, 12, 4, 1n],
  ],
};

for (const [name, fields] of Object.entries(wrong))
  registerWrong(
    test,
    name,
    fields.map(([what, type, offset, size, value, errno]) => [
      what,
      put(type, offset, size, value),
      errno,
    ]),
    { large: true },
  );

/** Ids are made of a place, and of how often it was taken: two may not have one place. */
registerWrong(
  test,
  'ipc-msg',
  [['a queue in the place of another', put(nth(msg, 1), 8, 4, samePlace), 'EEXIST']],
  { about: 'ipc-msg, two in one place', large: true },
);

test.run();
