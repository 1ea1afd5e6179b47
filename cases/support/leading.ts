import { Buffer } from 'node:buffer';
import { assert } from '../../harness/case.ts';
import type { Guest, Subject, SubjectOptions } from '../../harness/case.ts';
import { placeOf, placesIn, types, withNumber } from './image.ts';
import { wordsOf } from './self.ts';

/** A `leading` subject that has saved itself, and its image. */
export interface Leading {
  readonly leader: Subject;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Starts a subject that leads restarts, and lets it save itself. */
export async function savedLeader(guest: Guest, options?: SubjectOptions): Promise<Leading> {
  const leader = await guest.subject('leading', options);
  const path = `${await guest.folder()}/image`;
  assert.is(wordsOf(await leader.ask(`checkpoint ${path}`))['errno'], 'none');
  return { leader, path, bytes: Buffer.from(await guest.read(path)) };
}

/** Writes another image under its path, which anybody may read; returns the path. */
export async function rewrite(guest: Guest, { path }: Leading, bytes: Buffer): Promise<string> {
  await guest.write(`${path}.other`, bytes);
  return `${path}.other`;
}

/** The type of the object that has the table of tasks. */
const tree = 101;

/** What a zombie's `exit_state` is, by the kernel's major version. */
const zombies: Readonly<Record<number, bigint>> = { 2: 16n, 6: 32n };

/** Bytes of an entry of that table, and of a TASK. */
const [entry, task] = [24, 32];

/** The image of a task that leads under a pid, with another one behind it that is a zombie. */
export function withZombie(bytes: Buffer, leader: number, zombie: number): Buffer {
  const [table, first] = [placeOf(bytes, tree), placeOf(bytes, types.task)];
  const pids = bytes.subarray(table + 16 + 8, table + 16 + 8 + entry);
  const entries = Buffer.concat([leader, zombie].map((pid) => withPid(pids, pid)));
  const head = Buffer.from(bytes.subarray(table, table + 16 + 8));
  head.writeUInt32LE(2, 8);
  head.writeUInt32LE(8 + entries.length, 16 + 4);
  const name = placesIn(bytes).find(({ offset }) => offset === first + task);
  assert.ok(name, 'the task has a name');
  const record = bytes.subarray(first, name.offset + name.length);
  const tail = placeOf(bytes, types.tail);
  const state = zombies[bytes.readUInt16LE(placeOf(bytes, types.header) + 18)];
  assert.ok(state, 'the kernel has a zombie for us');
  return Buffer.concat([
    ...[bytes.subarray(0, table), head, entries, bytes.subarray(first, tail)],
    ...[withNumber(record, 12, 4, state), bytes.subarray(tail)],
  ]);
}

/** A process of one thread. */
function withPid(pids: Buffer, pid: number): Buffer {
  const copy = Buffer.from(pids);
  for (const at of [0, 8]) copy.writeInt32LE(pid, at);
  return copy;
}
