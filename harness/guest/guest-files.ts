import { randomBytes } from 'node:crypto';
import { labError } from '../core/errors.ts';
import { anyAnswer, plainAnswer, readAnswer } from './guest-answers.ts';
import type { GuestParts } from './guest-parts.ts';

/** Bytes in one write: its base64 and the rest of the line stay far below the shim's limit. */
const writePiece = 1 << 20;

/** Reads a file of the guest from an offset to its end. */
export async function readGuestFile(
  { call }: Pick<GuestParts, 'call'>,
  path: string,
  start = 0,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let offset = start;
  for (;;) {
    const answer = await call(readAnswer, ['read', path, '--offset', String(offset)]);
    pieces.push(Buffer.from(answer.data, 'base64'));
    offset += answer.length;
    if (answer.end || answer.length === 0) return new Uint8Array(Buffer.concat(pieces));
  }
}

/** Writes a file of the guest in place of what it held. */
export async function writeGuestFile(
  { call }: GuestParts,
  path: string,
  data: string | Uint8Array,
): Promise<void> {
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
  let offset = 0;
  do {
    const piece = bytes.subarray(offset, offset + writePiece);
    const words = ['write', path, piece.toString('base64'), '--base64'];
    const { ret, errno } = await call(plainAnswer, offset === 0 ? words : [...words, '--append']);
    if (ret !== piece.length) throw writeFailed(path, errno ?? `${ret} of ${piece.length} bytes`);
    offset += piece.length;
  } while (offset < bytes.length);
}

/** Makes a fresh folder that anyone may use; it goes when the scope ends. */
export async function makeFolder({ call, undo }: GuestParts): Promise<string> {
  const path = `/tmp/lab-${randomBytes(5).toString('hex')}`;
  await call(anyAnswer, ['mkdir', path, '--mode', '0777']);
  undo.push(`folder ${path}`, () => call(anyAnswer, ['rm', path]));
  return path;
}

/** Mounts a tmpfs of that many KiB on a fresh folder until the scope ends. */
export async function mountSmall(parts: GuestParts, kib: number): Promise<string> {
  const { call } = parts;
  const path = await makeFolder(parts);
  const words = ['mount', 'tmpfs', 'lab', path, `size=${kib}k,mode=0777`];
  mustSucceed(`mounting a tmpfs on ${path}`, await call(plainAnswer, words));
  undoMount(parts, path);
  return path;
}

/** Mounts a disk of that many KiB on a fresh folder until the scope ends. */
export async function mountDisk(parts: GuestParts, type: string, kib: number): Promise<string> {
  const { call } = parts;
  const [disk, path] = [await makeFolder(parts), await makeFolder(parts)];
  const words = ['disk', type, String(kib), `${disk}/disk`, path];
  mustSucceed(`mounting an ${type} on ${path}`, await call(plainAnswer, words));
  undoMount(parts, path);
  await call(anyAnswer, ['mkdir', path, '--mode', '0777']);
  return path;
}

function undoMount({ call, undo }: GuestParts, path: string): void {
  undo.push(`mount on ${path}`, async () => {
    mustSucceed(`unmounting ${path}`, await call(plainAnswer, ['umount', path]));
  });
}

function mustSucceed(doing: string, { ret, errno }: { ret: number; errno: string | null }): void {
  if (ret >= 0) return;
  throw labError({
    code: 'guest-files',
    fault: 'infrastructure',
    doing,
    what: errno ?? 'it failed',
    next: 'Look at what else the guest does there.',
  });
}

function writeFailed(path: string, what: string): Error {
  return labError({
    code: 'guest-files',
    fault: 'infrastructure',
    doing: `writing ${path} in the guest`,
    what,
    next: 'Choose a path that can be written, or a bigger file system.',
  });
}
