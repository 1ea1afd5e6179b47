import type { ImageObject, ParsedImage } from './contracts.ts';
import { announce } from './image-announce.ts';
import type { Announced } from './image-announce.ts';
import { decodeText, findErrorRecord } from './image-error.ts';
import {
  fieldBytes,
  headerBytes,
  headerMagic,
  layoutOf,
  tailMagic,
  typeOf,
} from './image-layout.ts';
import type { ObjectLayout } from './image-layout.ts';

type Fields = Record<string, bigint | number | string>;
type Read = { readonly object: ImageObject } | { readonly why: string };

/**
 * Returns a checkpoint image as far as it makes sense, and where and why it stops making
 * sense. Never throws: any bytes at all are an image, most of them a broken one.
 */
export function parseImage(bytes: Uint8Array): ParsedImage {
  const objects: ImageObject[] = [];
  let due: readonly Announced[] = [];
  let offset = 0;
  let broken: ParsedImage['broken'];
  let closed: string | undefined;
  while (offset < bytes.length && broken === undefined) {
    const next =
      closed === undefined ? read(bytes, offset, due[0]) : tooMuch(closed, bytes, offset);
    if ('why' in next) {
      broken = { offset, why: next.why };
      break;
    }
    const { object } = next;
    objects.push(object);
    if (object.type === typeOf.TAIL) closed = 'the tail';
    if (due[0]?.record === true) closed = 'the error record';
    due = [...announce(object), ...stillDue(object, due)];
    offset += object.length;
  }
  if (broken === undefined && closed === undefined)
    broken = { offset, why: describeEarlyEnd(bytes.length, due[0]) };
  const complete = broken === undefined && closed === 'the tail';
  return { bytes: bytes.length, objects, error: findErrorRecord(bytes), complete, broken };
}

function stillDue(object: ImageObject, due: readonly Announced[]): readonly Announced[] {
  // A checkpoint that failed half-way writes its error record in place of what was due.
  if (object.type === typeOf.ERROR) return [];
  return due[0]?.type === object.type ? due.slice(1) : due;
}

function tooMuch(closed: string, bytes: Uint8Array, offset: number): Read {
  return { why: `${bytes.length - offset} bytes after ${closed}` };
}

function describeEarlyEnd(length: number, due: Announced | undefined): string {
  if (length === 0) return 'the image is empty';
  const missing = due === undefined ? 'a tail' : layoutOf.get(due.type)?.name;
  return `the image ends where ${missing ?? 'more'} is due`;
}

function read(bytes: Uint8Array, offset: number, due: Announced | undefined): Read {
  const left = bytes.length - offset;
  if (left < headerBytes) return { why: `${left} bytes left, an object needs ${headerBytes}` };
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, left);
  const type = view.getUint32(0, true);
  const length = view.getUint32(4, true);
  const layout = layoutOf.get(type);
  if (layout === undefined) return { why: `unknown type ${type}` };
  const misplaced = findMisplacement(type, layout, due, offset);
  if (misplaced !== undefined) return { why: misplaced };
  const wanted = (due?.type === type ? due.length : undefined) ?? layout.length;
  if (length < headerBytes || (wanted !== undefined && length !== wanted))
    return { why: `${layout.name} has length ${length}, ${wanted ?? 'at least 8'} is right` };
  if (length > left)
    return { why: `${layout.name} has length ${length}, only ${left} bytes are left` };
  const payload = bytes.subarray(offset + headerBytes, offset + length);
  const fields: Fields = { ...readFields(view, layout), ...readPayload(type, payload, due) };
  const why = findBadValue(type, fields, payload, due);
  if (why !== undefined) return { why: `${layout.name} ${why}` };
  return { object: { offset, type, name: layout.name, length, fields } };
}

function findMisplacement(
  type: number,
  layout: ObjectLayout,
  due: Announced | undefined,
  offset: number,
): string | undefined {
  if (type === typeOf.ERROR && due?.record !== true) return undefined;
  if (due?.after?.includes(type) === true) return undefined;
  if (due !== undefined && due.type !== type)
    return `${layout.name} where ${layoutOf.get(due.type)?.name ?? due.type} is due`;
  if (due === undefined && layout.announced === true)
    return `${layout.name} that nothing announces`;
  if ((offset === 0) !== (type === typeOf.HEADER))
    return offset === 0 ? `${layout.name} where HEADER is due` : 'a second HEADER';
  return undefined;
}

function readFields(view: DataView, layout: ObjectLayout): Fields {
  const fields: Fields = {};
  let at = headerBytes;
  for (const [name, kind] of layout.fields) {
    if (kind === 'u16') fields[name] = view.getUint16(at, true);
    else if (kind === 'u32') fields[name] = view.getUint32(at, true);
    else if (kind === 's32') fields[name] = view.getInt32(at, true);
    else fields[name] = view.getBigUint64(at, true);
    at += fieldBytes[kind];
  }
  return fields;
}

function readPayload(type: number, payload: Uint8Array, due: Announced | undefined): Fields {
  if (layoutOf.get(type)?.length !== undefined) return {};
  const isText = type === typeOf.STRING || type === typeOf.FILE_NAME || due?.text === true;
  if (!isText) return { bytes: payload.length, ...due?.decode?.(payload) };
  const start = due?.record === true ? 1 : 0;
  const end = payload.indexOf(0, start);
  return { text: decodeText(payload.subarray(start, end === -1 ? payload.length : end)) };
}

function findBadValue(
  type: number,
  fields: Fields,
  payload: Uint8Array,
  due: Announced | undefined,
): string | undefined {
  if (type === typeOf.HEADER && fields['magic'] !== headerMagic) return 'has the wrong magic';
  if (type === typeOf.TAIL && fields['magic'] !== tailMagic) return 'has the wrong magic';
  if (fields['padding'] !== undefined && fields['padding'] !== 0)
    return 'has padding that is not 0';
  if (type === typeOf.TREE && Number(fields['nr_tasks']) < 1) return 'has no tasks';
  if ((type === typeOf.STRING || type === typeOf.FILE_NAME) && payload.at(-1) !== 0)
    return 'does not end in NUL';
  if (type === typeOf.FILE_NAME && payload.indexOf(0) !== payload.length - 1)
    return 'has a NUL within';
  if (due?.record === true && (payload.length < 2 || payload.length > 256 || payload[0] !== 0))
    return 'of an error record is not NUL, text, NUL of 2 to 256 bytes';
  if (due?.record === true && payload.indexOf(0, 1) !== payload.length - 1)
    return 'of an error record has a NUL within';
  return undefined;
}
