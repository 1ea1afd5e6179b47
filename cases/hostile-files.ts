import { suite } from './cr/case.ts';
import { after, both, first, having, nth, put, registerWrong, replace } from './support/hostile.ts';
import type { Wrong } from './support/hostile.ts';
import { types } from './support/image.ts';
import { patches } from './support/patches.ts';

const test = suite('restart from open files that are wrong')
  .needs({ patch: patches.calls })
  .needs({ patch: patches.pids })
  .within(60);

const { fileTable, fileDescriptor, fileName, file, filePipe, pipe } = types;
const { pipeOwner, pipeSize, objref, buffer } = types;
const none = 0xffffffffn;

/** The number of the first shared object of a kind. */
const numberOf = (kind: number) => (bytes: Buffer) =>
  BigInt(bytes.readUInt32LE(having(objref, 8, kind)(bytes) + 12));

/** The workload's own file, which comes after /dev/null, and that one's name. */
const own = nth(file, 1);
const ownName = nth(fileName, 1);

const table: readonly Wrong[] = [
  ['one descriptor more', put(fileTable, 8, 4, 5n)],
  ['one descriptor less', put(fileTable, 8, 4, 3n)],
  ['no descriptors', put(fileTable, 8, 4, 0n)],
  ['fewer descriptors than none', put(fileTable, 8, 4, none)],
  ['the most descriptors', put(fileTable, 8, 4, 0x7fffffffn)],
  ['padding of FILE_TABLE', put(fileTable, 12, 4, 1n)],
  ['a descriptor of no file', put(fileDescriptor, 8, 4, 0n)],
  ['a descriptor of a file below 0', put(fileDescriptor, 8, 4, none)],
  ['a descriptor of a file that is not there', put(fileDescriptor, 8, 4, 32767n)],
  ['a descriptor of namespaces', put(fileDescriptor, 8, 4, numberOf(4))],
  ['a descriptor of memory, which comes later', put(fileDescriptor, 8, 4, numberOf(3))],
  [
    'a descriptor of a file that comes later',
    put(fileDescriptor, 8, 4, (bytes) =>
      BigInt(bytes.readUInt32LE(nth(fileDescriptor, 3)(bytes) + 8)),
    ),
  ],
  ['a descriptor below 0', put(fileDescriptor, 12, 4, none)],
  ['a descriptor twice', put(nth(fileDescriptor, 1), 12, 4, 0n)],
  ['descriptors out of order', put(fileDescriptor, 12, 4, 2n)],
  ['the highest descriptor', put(nth(fileDescriptor, 3), 12, 4, 0x7fffffffn), 'EMFILE'],
  [
    'a descriptor that no table has room for',
    put(nth(fileDescriptor, 3), 12, 4, 1048576n),
    'EMFILE',
  ],
  ['closed on exec neither so nor so', put(fileDescriptor, 16, 4, 2n)],
  ['padding of FILE_DESC', put(fileDescriptor, 20, 4, 1n)],
];

const files: readonly Wrong[] = [
  ['no type', put(own, 8, 4, 0n)],
  ['a type that there is not', put(own, 8, 4, 3n)],
  ['a file as a pipe', put(own, 8, 4, 2n)],
  ['another mode than the flags say', put(own, 12, 4, 1n)],
  ['no mode', put(own, 12, 4, 0n)],
  ['more modes than there are', put(own, 12, 4, 7n)],
  ['O_CREAT', put(own, 16, 4, 0o100102n)],
  ['O_TRUNC', put(own, 16, 4, 0o101002n)],
  ['FASYNC', put(own, 16, 4, 0o120002n)],
  ['the highest flag', put(own, 16, 4, 0x80008002n)],
  ['a signal that there is not', put(own, 20, 4, 65n)],
  ['a position below 0', put(own, 24, 8, 1n << 63n)],
  ['the lowest position', put(own, 24, 8, (1n << 64n) - 1n)],
  ['a path that is not absolute', replace(ownName, 'tmp/lab\0')],
  ['an empty path', replace(ownName, '\0')],
  ['no path', replace(ownName, '')],
  ['a path without its NUL', replace(ownName, '/dev/null')],
  ['a path with more than one NUL', replace(ownName, '/dev\0/null\0')],
  ['the longest path, and one byte more', replace(ownName, `/${'x'.repeat(4095)}\0`)],
  ['a file that is not there', replace(ownName, '/no/such/file\0'), 'ENOENT'],
  ['a folder to write to', replace(ownName, '/tmp\0'), 'EISDIR'],
  ['a path through a file', replace(ownName, '/bin/work/file\0'), 'ENOTDIR'],
  ['a file of proc', replace(ownName, '/proc/self/oom_adj\0')],
  ['a terminal', replace(ownName, '/dev/ptmx\0')],
  ['no folder where one was', put(own, 16, 4, 0o300002n), 'ENOTDIR'],
];

const pipes: readonly Wrong[] = [
  ['no pipe', put(filePipe, 8, 4, 0n)],
  ['a pipe that is not there', put(filePipe, 8, 4, 32767n)],
  ['a pipe below 0', put(filePipe, 8, 4, none)],
  ['a file for a pipe', put(filePipe, 8, 4, numberOf(2))],
  ['the other end: one that comes later', put(filePipe, 8, 4, numberOf(3))],
  ['padding of FILE_PIPE', put(filePipe, 12, 4, 1n)],
  ['a FIFO neither so nor so', put(pipe, 8, 4, 2n)],
  ['a FIFO without a name', put(pipe, 8, 4, 1n)],
  ['one byte more than follow', put(pipe, 12, 4, 5001n)],
  ['one byte less than follow', put(pipe, 12, 4, 4999n)],
  ['no bytes, but they follow', put(pipe, 12, 4, 0n)],
  ['the most bytes', put(pipe, 12, 4, none)],
  [
    'more bytes than a pipe holds, all of them there',
    both(put(pipe, 12, 4, 65537n), replace(after(first(pipe), buffer), Buffer.alloc(65537))),
  ],
  ['nobody for an owner', put(pipeOwner, 8, 4, none)],
  ['nobody for a group', put(pipeOwner, 12, 4, none)],
  ['a mode with more than permissions', put(pipeOwner, 16, 4, 0o10600n)],
  ['padding of PIPE_OWNER', put(pipeOwner, 20, 4, 1n)],
  ['an end that is a file', put(having(file, 8, 2), 8, 4, 1n)],
  ['both a reader and without a mode', put(having(file, 8, 2), 12, 4, 0n)],
];

const fifos: readonly Wrong[] = [
  ['a FIFO as a pipe', put(pipe, 8, 4, 0n)],
  ['a FIFO with an owner', put(pipeOwner, 8, 4, 1n)],
  ['a FIFO with a mode', put(pipeOwner, 16, 4, 0o600n)],
  ['a FIFO that is a file', replace(after(first(pipe), fileName), '/bin/work\0'), 'EINVAL'],
  ['a FIFO that is null', replace(after(first(pipe), fileName), '/dev/null\0')],
  ['a FIFO that is not there', replace(after(first(pipe), fileName), '/no/fifo\0'), 'ENOENT'],
  ['a FIFO of a relative path', replace(after(first(pipe), fileName), 'fifo\0')],
  ['one byte more than follow', put(pipe, 12, 4, 11n)],
];

const sizes: readonly Wrong[] = [
  ['no room', put(pipeSize, 8, 4, 0n)],
  ['more room than there may be', put(pipeSize, 8, 4, 1048577n)],
  ['the most room', put(pipeSize, 8, 4, none)],
  ['padding of PIPE_SIZE', put(pipeSize, 12, 4, 1n)],
  ['less room than there are bytes', put(pipeSize, 8, 4, 4096n)],
];

registerWrong(test, 'file-offset', table, { about: 'descriptors' });
registerWrong(test, 'file-offset', files, { about: 'files' });
registerWrong(test, 'pipe', pipes, { large: true });
registerWrong(test, 'fifo', fifos);
registerWrong(test.needs({ base: 'v6.1' }).needs({ patch: patches.pipeSizes }), 'big-pipe', sizes, {
  large: true,
});

// On v6.1 there can be any.
registerWrong(
  test.needs({ base: 'v2.6.30' }),
  'file-offset',
  [['a position that no file can have', put(own, 24, 8, 1n << 62n)]],
  { about: 'files, a far position' },
);

test.run();
