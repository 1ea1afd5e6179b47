import { suite } from './cr/case.ts';
import { after, both, first, put, registerWrong, type Wrong } from './support/hostile.ts';
import { types } from './support/image.ts';
import { patches } from './support/patches.ts';

/** An image's numbers have 64 bits, a word of i386 has 32: none may lose the upper half. */
const test = suite('restart from numbers that no word of i386 holds')
  .needs({ architecture: 'i386' })
  .needs({ patch: patches.ipcSemaphores })
  .within(60);

const { buffer, mapping, processSignals, restartBlock, taskSignals } = types;
const above = 1n << 32n;
const actions = after(first(processSignals), buffer);
/** The first of the signals that wait for the process. */
const signal = after(actions, buffer);
const rlimit = (number: number) => 120 + 16 * number;
const call = (kind: bigint, argument: number) =>
  both(put(restartBlock, 8, 8, kind), put(restartBlock, 16 + 8 * argument, 8, above));

registerWrong(
  test,
  'queued',
  [
    ['an alternate stack', put(taskSignals, 32, 8, above)],
    ['its size', put(taskSignals, 40, 8, above)],
    ['where to clear the id of a thread', put(taskSignals, 48, 8, above)],
    ['a list of robust futexes', put(taskSignals, 56, 8, above)],
    ['a limit', put(processSignals, rlimit(0) + 8, 8, above)],
    ['a timer', put(processSignals, 24, 8, 1n << 31n)],
    ['a handler', put(actions, 8, 8, above)],
    ["a handler's flags", put(actions, 16, 8, above)],
    ['where a handler returns to', put(actions, 24, 8, above)],
    ["a signal's value", put(signal, 32, 8, above)],
    ['the time that somebody was in user mode', put(signal, 40, 8, above)],
    ['and in the kernel', put(signal, 48, 8, above)],
    ['where to put the rest of a sleep', call(2n, 1)],
    ['descriptors to poll', call(3n, 0)],
    ['a futex', call(4n, 0)],
  ] satisfies readonly Wrong[],
  { about: 'signals and calls' },
);

registerWrong(test, 'file-private', [['a position in a file', put(mapping, 48, 8, above)]]);

const times = {
  'ipc-shm': [
    ['the most bytes of a segment', put(types.ipcNamespace, 8, 8, above)],
    ['the most pages of all', put(types.ipcNamespace, 16, 8, above)],
    ['when a segment was attached', put(types.ipcSegment, 48, 8, above)],
    ['detached', put(types.ipcSegment, 56, 8, above)],
    ['changed', put(types.ipcSegment, 64, 8, above)],
  ],
  'ipc-msg': [
    ['when somebody sent', put(types.ipcQueue, 40, 8, above)],
    ['received', put(types.ipcQueue, 48, 8, above)],
    ['changed the queue', put(types.ipcQueue, 56, 8, above)],
    ['the most bytes in it', put(types.ipcQueue, 64, 8, above)],
  ],
  'ipc-sem': [
    ['when semaphores were used', put(types.ipcSemaphores, 40, 8, above)],
    ['changed', put(types.ipcSemaphores, 48, 8, above)],
  ],
} satisfies Readonly<Record<string, readonly Wrong[]>>;

for (const [name, rows] of Object.entries(times)) registerWrong(test, name, rows, { large: true });

test.run();
