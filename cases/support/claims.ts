import { Buffer } from 'node:buffer';
import { assert } from '../cr/case.ts';
import type { Guest } from '../cr/case.ts';
import { placesIn, types, withNumber } from './image.ts';
import { keptSince } from './slabs.ts';
import { runShell, tasksComeTo, tasksOf } from './workload.ts';
import type { Workload } from './workload.ts';

/** Capabilities by their numbers. */
export const may = {
  setGid: 6,
  setUid: 7,
  setCaps: 8,
  lockMemory: 14,
  ownIpc: 15,
  chroot: 18,
  admin: 21,
  nice: 23,
  resources: 24,
} as const;

/** What an image says otherwise, and the capability that it takes to restart it then. */
export interface Claim {
  readonly what: string;
  readonly right: number;
  readonly change: (bytes: Buffer) => Buffer;
}

/** Returns where the last object of a type begins: not the root's, if there is one for each task. */
export function lastOf(bytes: Buffer, type: number): number {
  const found = placesIn(bytes).findLast((place) => place.type === type);
  assert.ok(found, `the image has an object of type ${type}`);
  return found.offset;
}

/** Has the last object of a type say another number. */
export function says(
  what: string,
  right: number,
  [type, offset, size]: readonly [type: number, offset: number, size: 4 | 8],
  value: bigint | ((old: bigint) => bigint),
): Claim {
  const change = (bytes: Buffer) => {
    const place = lastOf(bytes, type) + offset;
    const old = size === 4 ? BigInt(bytes.readUInt32LE(place)) : bytes.readBigUInt64LE(place);
    const now = typeof value === 'bigint' ? value : value(old);
    assert.not.equal(now, old, `${what}: it says something else`);
    return withNumber(bytes, place, size, now);
  };
  return { what, right, change };
}

/** Has the last credentials name other groups; to begin with they name one. */
export function inGroups(what: string, groups: readonly number[]): Claim {
  const change = (bytes: Buffer) => {
    const cred = lastOf(bytes, types.credentials);
    assert.is(bytes.readUInt32LE(cred + 44), 1, 'it is in one group');
    const [front, rest] = [bytes.subarray(0, cred + 80), bytes.subarray(cred + 80 + 12)];
    const list = Buffer.alloc(8 + 4 * groups.length);
    list.writeUInt32LE(types.buffer, 0);
    list.writeUInt32LE(list.length, 4);
    groups.forEach((group, i) => list.writeUInt32LE(group, 8 + 4 * i));
    const copy = Buffer.concat([front, ...(groups.length === 0 ? [] : [list]), rest]);
    return withNumber(copy, cred + 44, 4, BigInt(groups.length));
  };
  return { what, right: may.setGid, change };
}

/** Takes a capability from all tasks of an image: who has not got it could not give it to them. */
export function without(bytes: Buffer, right: number): Buffer {
  const creds = placesIn(bytes).filter(({ type }) => type === types.credentials);
  const fields = creds.flatMap(({ offset }) => [48, 56, 64].map((field) => offset + field));
  return fields.reduce(
    (copy, place) =>
      withNumber(copy, place, 8, copy.readBigUInt64LE(place) & ~(1n << BigInt(right))),
    bytes,
  );
}

/** Freezer group of all that must not come to life. */
const group = 'refused';

/** Caches of which a refused restart could leave some. */
const caches = [
  ...['task_struct', 'mm_struct', 'files_cache', 'fs_cache', 'vm_area_struct', 'filp', 'nsproxy'],
  ...['sighand_cache', 'signal_cache', 'cred_jar', 'shmem_inode_cache', 'mqueue_inode_cache'],
];

/** An image, whoever may try to restart it, and by which words. */
export interface Attempt {
  readonly what: string;
  readonly bytes: Buffer;
  /** `restart` by default. */
  readonly tool?: string;
  /** Why it is refused; by default EPERM. */
  readonly errno?: string;
  /** By default root. */
  readonly user?: number;
}

/** How many attempts it takes to tell what each of them leaves from what happens anyway. */
const enough = 8;

/** Asserts that each attempt fails with its error, and that nothing is left of all of them. */
export async function allRefused(
  guest: Guest,
  workload: Workload,
  attempts: readonly Attempt[],
): Promise<void> {
  const refused = { ...workload, group };
  const image = `${workload.folder}/claim`;
  /** Returns what the tool says; what lives all the same is killed. */
  const answerTo = async ({ bytes, tool = 'restart', user }: Attempt) => {
    await guest.write(image, bytes);
    await runShell(guest, `chmod 644 ${image}`);
    // The one who passes the image on may see first that nobody reads it.
    const said = "grep -E 'sys_restart|restarted'";
    const line = `echo begins; ${tool} --no-wait ${image} 2>&1 | ${said}`;
    const program = await guest.program(['busybox', 'sh', '-c', line], {
      says: /^begins$/,
      group,
      cwd: '/',
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const answer = await program.line();
    await program.ended();
    if (answer.startsWith('restarted'))
      for (const pid of await tasksOf(guest, refused)) await guest.shim('signal', pid, 'KILL');
    return answer;
  };
  const answers = async () => {
    const all: [string, string][] = [];
    for (const attempt of attempts) all.push([attempt.what, await answerTo(attempt)]);
    return all;
  };
  const expected = attempts.map(({ what, errno = 'EPERM' }) => [
    what,
    `restart: sys_restart: ${errno}`,
  ]);
  // Whatever is made but once has been made by the first.
  assert.equal(await answers(), expected);
  const before = await guest.slabs(...caches);
  for (let made = 0; made < enough; made += attempts.length)
    assert.equal(await answers(), expected);
  await tasksComeTo(guest, refused, 0, 'tasks left by all of them');
  assert.equal(await keptSince(guest, before, enough - 3), [], 'nothing is kept');
}
