import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import {
  both,
  endOf,
  first,
  having,
  insert,
  nth,
  object,
  put,
  registerWrong,
} from './support/hostile.ts';
import type { Edit, Wrong } from './support/hostile.ts';
import { placeOf, placesIn, types } from './support/image.ts';
import { savedLeader } from './support/leading.ts';
import { patches } from './support/patches.ts';
import { frozenSubject } from './support/tasks.ts';
import { endWell, freezeAll, startWorkload, thaw } from './support/workload.ts';

const test = suite('what tasks share is looked at as a set')
  .needs({ patch: patches.calls })
  .needs({ patch: patches.pids })
  .within(60);

const { taskSignals, processSignals, taskObjects, objref, fileTable, file } = types;
const { pipe, pipeSize, pipeOwner } = types;

/** The record of a process, and its actions, which follow it. */
function processOf(bytes: Buffer): Buffer {
  const places = placesIn(bytes);
  const at = places.findIndex(({ type }) => type === processSignals);
  const [record, actions] = [places[at], places[at + 1]];
  assert.ok(record && actions, 'there is a record of a process, with actions');
  return bytes.subarray(record.offset, actions.offset + actions.length);
}

/** Where the second thread's record ends, which has no signals of its own on their way. */
const behindSecond = endOf(nth(taskSignals, 1));

const withoutProcess: Edit = (bytes) => {
  const at = placeOf(bytes, processSignals);
  const whole = Buffer.concat([
    bytes.subarray(0, at),
    bytes.subarray(at + processOf(bytes).length),
  ]);
  return put(taskSignals, 8, 4, 0n)(whole);
};

const tables = (count: number): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      Buffer.concat([object(objref, 1, 20000 + i), object(fileTable, 0, 0)]),
    ),
  );

const owner = object(pipeOwner, 0, 0, 0o600, 0);

/** Empty ones, each with what a base says of it before. */
const pipes = (count: number, before: Buffer): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      Buffer.concat([object(objref, 5, 30000 + i), before, owner, object(pipe, 0, 0)]),
    ),
  );

registerWrong(
  test,
  'threads',
  [
    [
      'two threads with the record of their process',
      both(insert(behindSecond, processOf), put(nth(taskSignals, 1), 8, 4, 1n)),
    ],
    ['no thread with it', withoutProcess],
  ],
  { about: 'records of a process' },
);

const noTable: Wrong = [
  'a table of descriptors that no task can have',
  insert(first(taskObjects), tables(1)),
];

registerWrong(test, 'heap', [noTable], { about: 'a table more than the tasks', large: true });

for (const [base, before] of [
  ['v2.6.30', Buffer.alloc(0)],
  ['v6.1', object(pipeSize, 4096, 0)],
] as const)
  registerWrong(
    test.needs({ base }),
    'heap',
    [['more pipes than descriptors', insert(first(taskObjects), pipes(1025, before)), 'EMFILE']],
    { about: `more pipes than the tasks could have, on ${base}`, large: true },
  );

registerWrong(
  test,
  'pipe',
  [
    [
      'neither of its ends',
      both(put(having(file, 8, 2), 12, 4, 0n), put(having(file, 8, 2), 16, 4, 3n)),
    ],
  ],
  { about: 'a file of a pipe', large: true },
);

test('a descriptor is closed while they are saved: the image is of one moment', async ({
  guest,
}) => {
  const target = await frozenSubject(guest, 'churning');
  // With so little room the caller sleeps in the midst of the hundred descriptors.
  const caller = await guest.subject('caller', { args: [String(target.pid), '4000'] });
  assert.is((await guest.state(caller.pid)).state, 'S', 'the caller waits');
  assert.is(await target.ask('close'), 'closed');
  const path = `${await guest.folder()}/image`;
  assert.match(await caller.ask(`drain ${path}`), /^ret=\d+ errno=none /);
  const bytes = Buffer.from(await guest.read(path));
  const said = bytes.readUInt32LE(placeOf(bytes, fileTable) + 8);
  const found = placesIn(bytes).filter(({ type }) => type === types.fileDescriptor).length;
  assert.is(found, said, 'as many descriptors as the image says');
});

test('whoever leaves an address space says so there', async ({ guest }) => {
  const { path } = await savedLeader(guest);
  const target = await guest.subject('left');
  const answer = await target.ask(`restart ${path}`);
  assert.is(answer, 'errno=none word=dead tid=clear handler=kept');
});

test('signal handlers that another process has as well are not replaced: EBUSY', async ({
  guest,
}) => {
  const { path } = await savedLeader(guest);
  const target = await guest.subject('left', { args: ['handlers'] });
  const answer = await target.ask(`restart ${path}`);
  assert.match(answer, /^errno=EBUSY .* handler=kept$/);
});

test('many mappings: they are listed without memory in one piece', async ({ guest }) => {
  const target = await startWorkload(guest, 'many-mappings');
  await freezeAll(guest, target);
  const knobs = '/sys/kernel/debug/fail_page_alloc';
  const settings = {
    ...{ 'task-filter': 'Y', 'ignore-gfp-wait': 'N', 'ignore-gfp-highmem': 'N', verbose: '0' },
    ...{ interval: '1', space: '0', times: '-1', 'min-order': '3', probability: '100' },
  };
  for (const [knob, value] of Object.entries(settings))
    await guest.write(`${knobs}/${knob}`, value);
  try {
    const path = `${await guest.folder()}/image`;
    const words = ['checkpoint', '--pid', String(target.pid), '--flags', '1', '--out', path];
    const { ret, errno } = await guest.shim(...words, '--make-it-fail');
    assert.is(errno, null, 'no large piece was asked for');
    assert.ok(Number(ret) > 0);
  } finally {
    await guest.write(`${knobs}/probability`, '0');
  }
  await thaw(guest, target);
  await endWell(guest, target);
});

test.run();
