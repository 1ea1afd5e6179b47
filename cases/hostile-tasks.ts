import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import {
  after,
  both,
  endOf,
  first,
  having,
  insert,
  object,
  put,
  registerWrong,
  replace,
} from './support/hostile.ts';
import type { Wrong } from './support/hostile.ts';
import { types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, endWell, savedWorkload } from './support/workload.ts';
import { restartFrom, savedSelf, untouched } from './support/self.ts';

const test = suite('restart from tasks that are wrong')
  .needs({ patch: patches.calls })
  .needs({ patch: patches.pids })
  .needs({ patch: patches.names })
  .within(60);

const { buffer, objref, fileName, task, taskNamespaces, namespaces, taskUndo, taskObjects } = types;
const {
  taskDirectories,
  directories,
  credentials,
  moreCredentials,
  taskSignals,
  processSignals,
  taskScheduling,
  rseq,
  restartBlock,
} = types;

const none = 0xffffffffn;
const kernel = 0xffff_8800_0000_0000n;
const all = (1n << 64n) - 1n;

/** The number of the first shared object of a kind: a table 1, a file 2, memory 3, namespaces 4. */
const numberOf = (kind: number) => (bytes: Buffer) =>
  BigInt(bytes.readUInt32LE(having(objref, 8, kind)(bytes) + 12));

const root = after(first(directories), fileName);
const working = after(root, fileName);
const node = after(first(namespaces), buffer);

const places: readonly Wrong[] = [
  ['a state of death that there is not', put(task, 12, 4, 32n)],
  ['no namespaces', put(taskNamespaces, 8, 4, 0n)],
  ['namespaces that are not there', put(taskNamespaces, 8, 4, 32767n)],
  ['namespaces below 0', put(taskNamespaces, 8, 4, none)],
  ['memory for namespaces', put(taskNamespaces, 8, 4, numberOf(3))],
  ['padding of TASK_NS', put(taskNamespaces, 12, 4, 1n)],
  ['names of one byte less', put(namespaces, 8, 4, 64n)],
  ['names of the most bytes', put(namespaces, 8, 4, none)],
  ['an IPC namespace that is not there', put(namespaces, 12, 4, 32767n)],
  ['an IPC namespace below 0', put(namespaces, 12, 4, none)],
  ['a name without its NUL', replace(node, 'x'.repeat(65))],
  ['a domain without its NUL', replace(after(node, buffer), 'x'.repeat(65))],
  ['what is to be undone, but is not there', put(taskUndo, 8, 4, 32767n)],
  ['namespaces for what is to be undone', put(taskUndo, 8, 4, numberOf(4))],
  ['padding of TASK_UNDO', put(taskUndo, 12, 4, 1n)],
  ['no table of descriptors', put(taskObjects, 8, 4, 0n)],
  ['a table of descriptors that is not there', put(taskObjects, 8, 4, 32767n)],
  ['a table of descriptors below 0', put(taskObjects, 8, 4, none)],
  ['memory for a table of descriptors', put(taskObjects, 8, 4, numberOf(3))],
  ['no memory', put(taskObjects, 12, 4, 0n)],
  ['memory that is not there', put(taskObjects, 12, 4, 32767n)],
  ['memory below 0', put(taskObjects, 12, 4, none)],
  ['a table of descriptors for memory', put(taskObjects, 12, 4, numberOf(1))],
  ['no directories', put(taskDirectories, 8, 4, 0n)],
  ['directories that are not there', put(taskDirectories, 8, 4, 32767n)],
  ['directories below 0', put(taskDirectories, 8, 4, none)],
  ['namespaces for directories', put(taskDirectories, 8, 4, numberOf(4))],
  ['padding of TASK_FS', put(taskDirectories, 12, 4, 1n)],
  ['a mask of ten bits', put(directories, 8, 4, 0o1022n)],
  ['a mask of all bits', put(directories, 8, 4, none)],
  ['padding of FS', put(directories, 12, 4, 1n)],
  ['a root that is not absolute', replace(root, 'root\0')],
  ['a root without its NUL', replace(root, '/root')],
  ['a root that is not there', replace(root, '/no/root\0'), 'ENOENT'],
  ['a file for a root', replace(root, '/bin/work\0'), 'ENOTDIR'],
  ['a working directory that is not absolute', replace(working, 'root\0')],
  ['a working directory of two', replace(working, '/root\0/root\0')],
  ['a working directory that is not there', replace(working, '/no/root\0'), 'ENOENT'],
  ['a file for a working directory', replace(working, '/bin/work\0'), 'ENOTDIR'],
];

const ids = ['uid', 'gid', 'suid', 'sgid', 'euid', 'egid', 'fsuid', 'fsgid'];

const identities: readonly Wrong[] = [
  ...ids.map((what, index): Wrong => [
    `nobody for a ${what}`,
    put(credentials, 8 + 4 * index, 4, none),
  ]),
  ['a secure bit that there is not', put(credentials, 40, 4, 1n << 31n), 'EPERM'],
  ['one group more', put(credentials, 44, 4, 4n)],
  ['one group less', put(credentials, 44, 4, 2n)],
  ['no groups, but they follow', put(credentials, 44, 4, 0n)],
  ['more groups than there may be', put(credentials, 44, 4, 65537n)],
  ['the most groups', put(credentials, 44, 4, none)],
  ['groups out of order', put(after(first(credentials), buffer), 8, 4, 71n)],
  ['more than is permitted', put(credentials, 56, 8, 0n)],
];

const newIdentities: readonly Wrong[] = [
  // On 2.6.30 root has all 64, whether there are so many or not.
  ['more to inherit than there is', put(credentials, 48, 8, all), 'EPERM'],
  ['more permitted than the caller is', put(credentials, 56, 8, all), 'EPERM'],
  ['more in the bounding set than the caller has', put(credentials, 72, 8, all), 'EPERM'],
  ['nobody for a group', put(after(first(credentials), buffer), 16, 4, none)],
  ['an ambient capability that is not to inherit', put(moreCredentials, 8, 8, 1n)],
  ['all ambient capabilities', put(moreCredentials, 8, 8, all)],
  ['new privileges neither so nor so', put(moreCredentials, 16, 4, 2n)],
  ['padding of CRED_MORE', put(moreCredentials, 20, 4, 1n)],
];

const sigkill = 1n << 8n;
const actions = after(first(processSignals), buffer);
/** The first of the signals that wait for the process. */
const signal = after(actions, buffer);
const timers = ['ITIMER_REAL', 'ITIMER_VIRTUAL', 'ITIMER_PROF'];

const signals: readonly Wrong[] = [
  ['a process neither there nor not', put(taskSignals, 8, 4, 2n)],
  ['no process, but it follows', put(taskSignals, 8, 4, 0n)],
  ['one signal of its own', put(taskSignals, 12, 4, 1n)],
  ['the most signals of its own', put(taskSignals, 12, 4, none)],
  ['SIGKILL on its way to the task', put(taskSignals, 16, 8, sigkill)],
  ['a personality of more than 32 bits', put(taskSignals, 64, 8, 1n << 32n)],
  ['too nice', put(taskSignals, 72, 4, 20n)],
  ['not nice enough', put(taskSignals, 72, 4, 0xffffffebn)],
  ['a signal for the end of its parent that there is not', put(taskSignals, 76, 4, 65n)],
  ['dumpable in a way that there is not', put(taskSignals, 80, 4, 3n)],
  ['a flag that there is not', put(taskSignals, 84, 4, 0x80n)],
  ['both idle and a batch', put(taskSignals, 84, 4, 6n)],
  ['one signal more', put(processSignals, 8, 4, 6n)],
  ['one signal less', put(processSignals, 8, 4, 4n)],
  ['no signals, but they follow', put(processSignals, 8, 4, 0n)],
  ['the most signals', put(processSignals, 8, 4, none)],
  ['so many signals that their bytes are few', put(processSignals, 8, 4, 0x10000000n)],
  ['a flag of the process that there is not', put(processSignals, 12, 4, 0x20n)],
  ['SIGKILL on its way to the process', put(processSignals, 16, 8, sigkill)],
  ...timers.flatMap((what, index): Wrong[] => {
    const at = 24 + 32 * index;
    return [
      [`${what}: less than no seconds left`, put(processSignals, at, 8, 1n << 63n)],
      [`${what}: a million microseconds left`, put(processSignals, at + 8, 8, 1000000n)],
      [`${what}: less than no seconds between`, put(processSignals, at + 16, 8, all)],
      [`${what}: the most microseconds between`, put(processSignals, at + 24, 8, all)],
    ];
  }),
  ['a limit above its maximum', put(processSignals, 120 + 16 * 7 + 8, 8, 0n)],
  ['the last limit above its maximum', put(processSignals, 120 + 16 * 15 + 8, 8, 0n)],
  [
    'more descriptors than a kernel allows',
    put(processSignals, 120 + 16 * 7 + 8, 8, 1048577n),
    'EPERM',
  ],
  ['one action less', replace(actions, Buffer.alloc(63 * 32))],
  ['one action more', replace(actions, Buffer.alloc(65 * 32))],
  ['no signal', put(signal, 8, 4, 0n)],
  ['a signal that there is not', put(signal, 8, 4, 65n)],
  ['a signal below 0', put(signal, 8, 4, none)],
  ['SIGKILL with its details', put(signal, 8, 4, 9n)],
];

/** Processors that the task may run on: a bit for each, in so many numbers of 8 bytes. */
const processors = (bits: number) =>
  both(
    put(taskScheduling, 32, 4, 8n),
    insert(endOf(first(taskScheduling)), object(buffer, bits, 0)),
  );

const scheduling: readonly Wrong[] = [
  ['timers without slack', put(taskScheduling, 8, 8, 0n)],
  ['children whose timers have no slack', put(taskScheduling, 16, 8, 0n)],
  ['an i/o priority of no class', put(taskScheduling, 24, 4, 1n)],
  ['a class of i/o that there is not', put(taskScheduling, 24, 4, 0xe000n)],
  ['an i/o priority of more than 16 bits', put(taskScheduling, 24, 4, 0x10000n)],
  ['killed even later than never', put(taskScheduling, 28, 4, none - 1000n)],
  ['killed even earlier than first', put(taskScheduling, 28, 4, 1001n)],
  ['processors that do not follow', put(taskScheduling, 32, 4, 8n)],
  ['half a number of processors', put(taskScheduling, 32, 4, 4n)],
  ['more processors than there can be', put(taskScheduling, 32, 4, 1032n)],
  ['no processors', processors(0)],
  ['a processor that is not there', processors(1 << 31)],
  ['the last field, too high', put(taskScheduling, 36, 4, 1001n)],
];

/** v6.1 has more bits there than the priority. */
const ninthPriority: readonly Wrong[] = [
  ['the ninth i/o priority', put(taskScheduling, 24, 4, 0x4008n)],
];

/** As the kernel of v2.6.30 marks the signal of a POSIX timer that is there. */
const timerSignal: readonly Wrong[] = [['a signal of a POSIX timer', put(signal, 16, 4, 0x1fffen)]];

/** Stopped, as a base's kernel has that, by something that stops nobody. */
const stops = (state: bigint): readonly Wrong[] => {
  const by = (number: bigint) => both(put(task, 8, 4, state), put(task, 16, 4, number));
  return [
    ['stopped by no signal', by(0n)],
    ['stopped by SIGKILL', by(9n)],
    ['stopped by SIGCONT', by(18n)],
    ['stopped by a signal that there is not', by(none)],
  ];
};

/** A call that goes on: its kind, one of its arguments, and what that is. */
const call = (kind: bigint, argument: number, value: bigint) =>
  both(put(restartBlock, 8, 8, kind), put(restartBlock, 16 + 8 * argument, 8, value));

const calls: readonly Wrong[] = [
  ['no kind', put(restartBlock, 8, 8, 0n)],
  ['a kind that there is not', put(restartBlock, 8, 8, 5n)],
  ['a kind above 32 bits', put(restartBlock, 8, 8, (1n << 32n) + 1n)],
  ['a sleep by the time that a process works', call(2n, 0, 2n)],
  ['a sleep by a clock that there is not', call(2n, 0, 99n)],
  ['a sleep by a clock above 32 bits', call(2n, 0, 1n << 32n)],
  ['a sleep by a clock below 0', call(2n, 0, all)],
  ['a poll of more than an int', call(3n, 1, 1n << 31n)],
  ['a poll of the most', call(3n, 1, all)],
  ['a poll with an end neither so nor so', call(3n, 2, 2n)],
  ['a futex of a value above 32 bits', call(4n, 1, 1n << 32n)],
  ['a futex with a flag that there is not', call(4n, 2, 4n)],
  ['a futex with all flags', call(4n, 2, all)],
  ['a futex of bits above 32', call(4n, 3, 1n << 32n)],
];

const sequences: readonly Wrong[] = [
  ['in the kernel', put(rseq, 8, 8, kernel)],
  ['just below the end of user space', put(rseq, 8, 8, 0x7fff_ffff_ffe0n)],
  ['at an odd address', put(rseq, 8, 8, 0x10001n)],
  ['a signature of none', put(rseq, 8, 8, 0n)],
  ['padding of RSEQ', put(rseq, 20, 4, 1n)],
];

const v61 = test.needs({ base: 'v6.1' });
const v2630 = test.needs({ base: 'v2.6.30' });

registerWrong(test, 'place', places, { about: 'where a task is' });
registerWrong(test, 'identity', identities, { about: 'credentials' });
registerWrong(v61, 'identity', newIdentities, { about: 'more credentials' });
registerWrong(test, 'queued', signals, { about: 'signals' });
registerWrong(test, 'queued', scheduling, { about: 'how a task is served' });
registerWrong(v2630, 'queued', ninthPriority, { about: 'an i/o priority' });
registerWrong(v2630, 'queued', timerSignal, { about: 'timers' });
for (const [base, state] of [
  ['v2.6.30', 132n],
  ['v6.1', 4n],
] as const)
  registerWrong(test.needs({ base }).needs({ patch: patches.stopped }), 'count', stops(state), {
    about: `what has stopped it, on ${base}`,
  });
registerWrong(test, 'count', calls, { about: 'calls that go on' });
registerWrong(v61.needs({ patch: patches.rseq }), 'rseq', sequences, { about: 'rseq' });

// The tool reads the tree of an image itself: this is for the kernel's eyes.
const { tree: treeType } = types;
const pids = after(first(treeType), buffer);

/** Of the tree of a process, one more thread of it, and the child of that one. */
const [thread, child] = [8 + 24, 8 + 2 * 24];
const pidAt = (offset: number) => (bytes: Buffer) =>
  BigInt(bytes.readUInt32LE(pids(bytes) + offset));

registerWrong(
  test,
  'threads-child',
  [
    ['a thread that some thread has forked', put(pids, thread + 20, 4, pidAt(thread))],
    ['a child forked by itself', put(pids, child + 20, 4, pidAt(child))],
  ],
  { about: 'who has forked whom' },
);

/** A tree of one task that names itself, and what follows from another number there. */
const trees: readonly Wrong[] = [
  ['no tasks', put(treeType, 8, 4, 0n)],
  ['fewer tasks than none', put(treeType, 8, 4, none)],
  ['one task more', put(treeType, 8, 4, 2n)],
  ['as many tasks as there may be', put(treeType, 8, 4, 32768n)],
  ['more tasks than there may be', put(treeType, 8, 4, 32769n)],
  ['the most tasks', put(treeType, 8, 4, 0x7fffffffn)],
  ['so many tasks that their bytes are few', put(treeType, 8, 4, 0x0aaaaaabn)],
  ['padding of TREE', put(treeType, 12, 4, 1n)],
  ['no pid', put(pids, 8, 4, 0n)],
  ['a pid below 0', put(pids, 8, 4, none)],
  ['no process', put(pids, 16, 4, 0n)],
  ['a process below 0', put(pids, 16, 4, none)],
  ['a thread for a leader', put(pids, 16, 4, 32767n)],
  ['a thread for the parent of the first', put(pids, 28, 4, 1n)],
  ['the ids of no task', replace(pids, '')],
  ['the ids of one task and a half', replace(pids, Buffer.alloc(36, 1))],
];

test(`tree: ${trees.length} images are refused, the task is as it was`, async ({ guest }) => {
  const saved = await savedSelf(guest);
  for (const [what, edit, errno = 'EINVAL'] of trees)
    assert.is((await restartFrom(guest, saved, edit(saved.bytes)))['errno'], errno, what);
  await untouched(saved);
  assert.is((await restartFrom(guest, saved, saved.bytes))['ret'], '0');
});

test('the only processor, by its number: it comes back', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'count');
  await guest.write(image, processors(1)(Buffer.from(await guest.read(image))));
  await endWell(guest, await bringBack(guest, workload, image));
});

test.run();
