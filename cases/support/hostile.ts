import { Buffer } from 'node:buffer';
import { assert } from '../cr/case.ts';
import type { Guest, Suite, CaseContext } from '../cr/case.ts';
import { placeOf, placesIn, withNumber } from './image.ts';
import { keptSince } from './slabs.ts';
import { bringBack, endWell, savedWorkload, textOf } from './workload.ts';

/** Where an object begins in the bytes of an image. */
export type Spot = (bytes: Buffer) => number;

/** What is done to a true image. */
export type Edit = (bytes: Buffer) => Buffer;

/** What is wrong with an image, how it became so, and the error that it brings. */
export type Wrong = readonly [what: string, edit: Edit, errno?: string | undefined];

/** The first object of a type. */
export const first =
  (type: number): Spot =>
  (bytes) =>
    placeOf(bytes, type);

/** The object of a type that so many others of it stand before; counted from the end if negative. */
export const nth =
  (type: number, index: number): Spot =>
  (bytes) => {
    const place = placesIn(bytes)
      .filter((object) => object.type === type)
      .at(index);
    assert.ok(place, `there is an object ${index} of type ${type}`);
    return place.offset;
  };

/** The first object of a type with that number of 4 bytes at an offset. */
export const having =
  (type: number, offset: number, value: number): Spot =>
  (bytes) => {
    const place = placesIn(bytes).find(
      (object) => object.type === type && bytes.readUInt32LE(object.offset + offset) === value,
    );
    assert.ok(place, `an object of type ${type} has ${value} at ${offset}`);
    return place.offset;
  };

/** The first object of a type after another one, wherever that is. */
export const after =
  (spot: Spot, type: number): Spot =>
  (bytes) => {
    const from = spot(bytes);
    const place = placesIn(bytes).find((object) => object.type === type && object.offset > from);
    assert.ok(place, `an object of type ${type} comes after the one at ${from}`);
    return place.offset;
  };

/** Where an object ends, and the next one begins. */
export const endOf =
  (spot: Spot): Spot =>
  (bytes) => {
    const at = spot(bytes);
    return at + bytes.readUInt32LE(at + 4);
  };

/** Puts a number of 2, 4 or 8 bytes into an object; it may depend on what the image has. */
export const put =
  (
    object: number | Spot,
    offset: number,
    size: 2 | 4 | 8,
    value: bigint | ((bytes: Buffer) => bigint),
  ): Edit =>
  (bytes) => {
    const spot = typeof object === 'number' ? first(object) : object;
    const number = typeof value === 'bigint' ? value : value(bytes);
    return withNumber(bytes, spot(bytes) + offset, size, number);
  };

/** Puts bytes before an object. */
export const insert =
  (object: Spot, more: Buffer | ((bytes: Buffer) => Buffer)): Edit =>
  (bytes) => {
    const at = object(bytes);
    const what = typeof more === 'function' ? more(bytes) : more;
    return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
  };

/** Replaces the payload of an object, which may get longer or shorter. */
export const replace =
  (object: Spot, payload: string | Buffer): Edit =>
  (bytes) => {
    const at = object(bytes);
    const end = at + bytes.readUInt32LE(at + 4);
    const header = Buffer.alloc(8);
    header.writeUInt32LE(bytes.readUInt32LE(at));
    header.writeUInt32LE(8 + Buffer.byteLength(payload), 4);
    return Buffer.concat([
      bytes.subarray(0, at),
      header,
      Buffer.from(payload),
      bytes.subarray(end),
    ]);
  };

/** Does one thing after another. */
export const both =
  (one: Edit, other: Edit): Edit =>
  (bytes) =>
    other(one(bytes));

/** An object, of numbers of 4 bytes after its header. */
export function object(type: number, ...numbers: readonly number[]): Buffer {
  const words = [type, 8 + 4 * numbers.length, ...numbers];
  const bytes = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word >>> 0, 4 * index);
  return bytes;
}

/** Of which a refused restart could keep some: what tasks are made of, and open files. */
const caches = [
  ...['task_struct', 'mm_struct', 'files_cache', 'filp', 'nsproxy', 'signal_cache'],
  'sighand_cache',
];

/** The same, but of one kind with what the kernel notes of large buffers, and forgets late. */
const ofOneKind = ['fs_cache', 'cred_jar'];

const group = 'hostile';

/** Asserts that restart refuses an image, and says with which error. */
async function refuses(guest: Guest, image: string, errno: string, what: string): Promise<void> {
  // The one who passes the image on may see first that nobody reads it.
  const line = `echo begins; restart --pids ${image} 2>&1 | grep -E 'sys_restart|restarted'`;
  const tool = await guest.program(['busybox', 'sh', '-c', line], { says: /^begins$/, group });
  assert.is(await tool.line(), `restart: sys_restart: ${errno}`, what);
  await tool.ended();
  assert.is(await textOf(guest, `/cgroup/freezer/${group}/tasks`), '', `${what}: no task is left`);
}

/** What more there is to say of a case. */
export interface About {
  /** What its name begins with, if not the workload's name. */
  readonly about?: string;
  /** The images have buffers of more than a page. */
  readonly large?: boolean;
}

/**
 * Registers one case: a workload's image is refused however it is wrong, nothing is left of the
 * tries, and the true one comes back.
 */
export function registerWrong<T extends CaseContext>(
  test: Suite<T>,
  name: string,
  rows: readonly Wrong[],
  { about = name, large = false }: About = {},
): void {
  const counted = large ? caches : [...caches, ...ofOneKind];
  const count = rows.length === 1 ? '1 image is' : `${rows.length} images are`;
  test(`${about}: ${count} refused, the true one comes back`, async (context) => {
    const { guest } = context;
    const { workload, image } = await savedWorkload(guest, name, { pids: true });
    const bytes = Buffer.from(await guest.read(image));
    const tryOne = async ([what, edit, errno = 'EINVAL']: Wrong) => {
      const wrong = edit(bytes);
      assert.not.equal(wrong, bytes, `${what}: the image was right before`);
      await guest.write(`${image}.wrong`, wrong);
      await refuses(guest, `${image}.wrong`, errno, what);
    };
    // What the first tries bring into memory stays there.
    for (const row of rows) await tryOne(row);
    const before = await guest.slabs(...counted);
    for (const row of rows) await tryOne(row);
    assert.equal(await keptSince(guest, before, 0), [], 'nothing is kept of what was refused');
    await endWell(guest, await bringBack(guest, workload, image));
  });
}
