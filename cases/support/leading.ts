import { Buffer } from 'node:buffer';
import { assert } from '../cr/case.ts';
import type { Guest, Subject, SubjectOptions } from '../cr/case.ts';
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

/** Types of the objects that have the table of tasks, and what namespaces a task is in. */
const [tree, taskNamespaces] = [101, 103];

const none = { offset: 0, length: 0 };

/** What a zombie's `exit_state` is, by the kernel's major version. */
const zombies: Readonly<Record<number, bigint>> = { 2: 16n, 6: 32n };

/** Bytes of an entry of that table, and of a TASK. */
const [entry, task] = [24, 32];

/** The image of a task that leads under a pid, with another one after it that is a zombie. */
export function withZombie(bytes: Buffer, leader: number, zombie: number): Buffer {
  const state = zombies[bytes.readUInt16LE(placeOf(bytes, types.header) + 18)];
  assert.ok(state, 'the kernel has a zombie for us');
  return withSecond(bytes, [leader, zombie], withNumber(recordOf(bytes), 12, 4, state));
}

/** The same, but the record of the other one ends after the namespaces, which are the leader's. */
export function withNamespaces(bytes: Buffer, leader: number, other: number): Buffer {
  const { offset, length } = placesIn(bytes).find(({ type }) => type === taskNamespaces) ?? none;
  assert.ok(length, 'the task has namespaces');
  const namespaces = bytes.subarray(offset, offset + length);
  return withSecond(bytes, [leader, other], Buffer.concat([recordOf(bytes), namespaces]));
}

/** The first objects of the first task: TASK and its name. */
function recordOf(bytes: Buffer): Buffer {
  const first = placeOf(bytes, types.task);
  const name = placesIn(bytes).find(({ offset }) => offset === first + task);
  assert.ok(name, 'the task has a name');
  return bytes.subarray(first, name.offset + name.length);
}

/** The image of one task with the record of another one, whose processes have these pids. */
function withSecond(bytes: Buffer, who: readonly number[], record: Buffer): Buffer {
  const [table, first] = [placeOf(bytes, tree), placeOf(bytes, types.task)];
  const pids = bytes.subarray(table + 16 + 8, table + 16 + 8 + entry);
  const entries = Buffer.concat(who.map((pid) => withPid(pids, pid)));
  const head = Buffer.from(bytes.subarray(table, table + 16 + 8));
  head.writeUInt32LE(2, 8);
  head.writeUInt32LE(8 + entries.length, 16 + 4);
  const tail = placeOf(bytes, types.tail);
  return Buffer.concat([
    ...[bytes.subarray(0, table), head, entries, bytes.subarray(first, tail)],
    ...[record, bytes.subarray(tail)],
  ]);
}

/** A process of one thread. */
function withPid(pids: Buffer, pid: number): Buffer {
  const copy = Buffer.from(pids);
  for (const at of [0, 8]) copy.writeInt32LE(pid, at);
  return copy;
}
