import { Buffer } from 'node:buffer';

/** What a tar archive is made of. */
const block = 512;

/** Where a header has the size of its file, in octal. */
const size = { from: 124, to: 136 };

/** Returns the members of some tar archives as one archive. */
export function joinArchives(archives: readonly Uint8Array[]): Buffer {
  const members = archives.map((archive) => archive.subarray(0, endOfMembers(archive)));
  return Buffer.concat([...members, Buffer.alloc(2 * block)]);
}

function endOfMembers(archive: Uint8Array): number {
  let at = 0;
  while (at + block <= archive.length && archive[at] !== 0) {
    const digits = Buffer.from(archive.subarray(at + size.from, at + size.to)).toString('latin1');
    const bytes = Number.parseInt(digits, 8) || 0;
    at += block + Math.ceil(bytes / block) * block;
  }
  return Math.min(at, archive.length);
}
