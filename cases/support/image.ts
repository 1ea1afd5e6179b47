import { Buffer } from 'node:buffer';
import { assert } from '../cr/case.ts';
import type { CheckpointResult, Guest, ImageObject, ParsedImage } from '../cr/case.ts';

/** Returns the bytes of the image that a checkpoint wrote to a file. */
export async function bytesOf(guest: Guest, { path }: CheckpointResult): Promise<Buffer> {
  if (path === undefined) throw new Error('the image did not go to a file');
  return Buffer.from(await guest.read(path));
}

/** Returns the first object of that name; its absence is an assertion. */
export function objectOf({ objects }: ParsedImage, name: string): ImageObject {
  const found = objects.find((object) => object.name === name);
  assert.ok(found, `the image has an object ${name}`);
  return found;
}

/** Returns a number of an object under the parser's name for it; its absence is an assertion. */
export function numberOf(image: ParsedImage, name: string, field: string): bigint {
  const value = objectOf(image, name).fields[field];
  assert.ok(value !== undefined && typeof value !== 'string', `${name} has a number ${field}`);
  return BigInt(value);
}

/** Returns a copy with an unsigned number of 2, 4 or 8 bytes put in at an offset. */
export function withNumber(bytes: Buffer, offset: number, size: 2 | 4 | 8, value: bigint): Buffer {
  const copy = Buffer.from(bytes);
  if (size === 8) copy.writeBigUInt64LE(value, offset);
  else copy.writeUIntLE(Number(value), offset, size);
  return copy;
}

/** Types of objects that cases look for in the bytes of an image. */
export const types = {
  header: 1,
  headerArch: 2,
  buffer: 3,
  string: 4,
  objref: 5,
  buildId: 6,
  tree: 101,
  task: 102,
  taskNamespaces: 103,
  taskObjects: 104,
  restartBlock: 105,
  thread: 106,
  cpu: 107,
  taskSignals: 108,
  processSignals: 109,
  credentials: 110,
  taskDirectories: 111,
  directories: 112,
  namespaces: 113,
  moreCredentials: 114,
  rseq: 115,
  taskUndo: 116,
  taskScheduling: 117,
  tls: 201,
  fpu: 202,
  cpuFeatures: 204,
  ldt: 203,
  fileTable: 301,
  fileDescriptor: 302,
  fileName: 303,
  file: 304,
  filePipe: 305,
  pipe: 306,
  pipeSize: 307,
  pipeOwner: 308,
  fileStamp: 309,
  memory: 401,
  mapping: 402,
  pages: 403,
  memoryContext: 404,
  sharedMemory: 405,
  memoryFlags: 406,
  memoryLayout: 407,
  ipcNamespace: 501,
  ipcSegment: 502,
  ipcAttach: 503,
  ipcQueue: 504,
  ipcMessage: 505,
  ipcSemaphores: 506,
  ipcUndo: 507,
  ipcUndoSet: 508,
  tail: 9001,
  error: 9999,
} as const;

/** An object's place in the bytes of an image: length counts its header. */
export interface Place {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

/** Returns the places of an image's objects, for cases that break images on purpose. */
export function placesIn(bytes: Buffer): readonly Place[] {
  const places: Place[] = [];
  for (let offset = 0; offset + 8 <= bytes.length;) {
    const place = {
      type: bytes.readUInt32LE(offset),
      offset,
      length: bytes.readUInt32LE(offset + 4),
    };
    assert.ok(place.length >= 8, `the object at ${offset} has a length`);
    places.push(place);
    offset += place.length;
  }
  return places;
}

/** Returns the place of the first object of each type. */
export function firstPlacesIn(bytes: Buffer): readonly Place[] {
  const places = placesIn(bytes);
  return places.filter(({ type }, i) => places.findIndex((place) => place.type === type) === i);
}

/** Returns where the first object of a type begins; its absence is an assertion. */
export function placeOf(bytes: Buffer, type: number): number {
  const found = placesIn(bytes).find((place) => place.type === type);
  assert.ok(found, `the image has an object of type ${type}`);
  return found.offset;
}
