import { headerBytes, typeOf } from './image-layout.ts';

/** An ERROR header, a STRING header, and the NUL that ends the search from the end. */
const bytesBeforeText = 2 * headerBytes + 1;
/** Payload of the record's STRING, both NULs included. */
const longestPayload = 256;

/**
 * Returns the text of the error record an image ends in, found from the end as a reader
 * would who trusts nothing before it, or undefined if there is none.
 */
export function findErrorRecord(bytes: Uint8Array): string | undefined {
  const end = bytes.length - 1;
  if (bytes[end] !== 0) return undefined;
  const start = end === 0 ? 0 : bytes.lastIndexOf(0, end - 1) + 1;
  const record = start - bytesBeforeText;
  if (record < 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + record, bytesBeforeText);
  const payload = end - start + 2;
  const wellFormed =
    payload <= longestPayload &&
    view.getUint32(0, true) === typeOf.ERROR &&
    view.getUint32(4, true) === headerBytes &&
    view.getUint32(8, true) === typeOf.STRING &&
    view.getUint32(12, true) === headerBytes + payload;
  return wellFormed ? decodeText(bytes.subarray(start, end)) : undefined;
}

/** Returns bytes as text. Task names hold what they like, so bad UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
