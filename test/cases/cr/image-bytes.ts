/** Builds checkpoint images byte by byte, from the layout in docs/image-format.md alone. */

type Part = readonly [kind: 'u16' | 'u32' | 's32' | 'u64', value: number | bigint] | Uint8Array;

/** Returns an object: its header and its parts, `length` overridden to break it. */
export function object(type: number, parts: readonly Part[], length?: number): Buffer {
  const payload = Buffer.concat(parts.map(encode));
  const header = Buffer.alloc(8);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(length ?? 8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

function encode(part: Part): Uint8Array {
  if (part instanceof Uint8Array) return part;
  const [kind, value] = part;
  const bytes = Buffer.alloc(kind === 'u64' ? 8 : kind === 'u16' ? 2 : 4);
  if (kind === 'u64') bytes.writeBigUInt64LE(BigInt(value));
  else if (kind === 'u16') bytes.writeUInt16LE(Number(value));
  else if (kind === 'u32') bytes.writeUInt32LE(Number(value));
  else bytes.writeInt32LE(Number(value));
  return bytes;
}

export const u16 = (...values: number[]): Part[] => values.map((value) => ['u16', value]);
export const u32 = (...values: number[]): Part[] => values.map((value) => ['u32', value]);
export const s32 = (...values: number[]): Part[] => values.map((value) => ['s32', value]);
export const u64 = (...values: (number | bigint)[]): Part[] =>
  values.map((value) => ['u64', value]);

/** Returns text in a field of that many bytes, zeros after it. */
export function padded(text: string, bytes: number): Buffer {
  const field = Buffer.alloc(bytes);
  field.write(text);
  return field;
}

export const header = (magic = 0x00feed0cc0a2d200n): Buffer =>
  Buffer.concat([
    object(1, [...u64(magic), ...u16(2, 2, 6, 30, 1, 65, 65, 65), ...u64(1_243_420_000, 1)]),
    object(3, [padded('2.6.30', 65)]),
    object(3, [padded('#1 SMP', 65)]),
    object(3, [padded('x86_64', 65)]),
    object(2, u16(1, 0, 512, 0)),
  ]);

export const tree = (...pids: number[]): Buffer =>
  Buffer.concat([
    object(101, s32(pids.length, 0)),
    object(
      3,
      pids.flatMap((pid) => s32(pid, 1, pid, pid, 1, 0)),
    ),
  ]);

export const task = (comm = 'spinner'): Buffer =>
  Buffer.concat([
    object(102, u32(0, 0, 0, 17, 16, 0)),
    object(4, [padded(comm, 16)]),
    object(106, u16(3, 24, 1, 0)),
    object(201, [Buffer.alloc(24, 7)]),
    object(107, [...u64(...Array.from({ length: 33 }, (_, n) => n)), ...u32(0, 1)]),
    object(202, [Buffer.alloc(512, 3)]),
  ]);

export const memory = (): Buffer =>
  Buffer.concat([
    object(401, [...u32(1), ...s32(0), ...u64(...Array.from({ length: 11 }, (_, n) => n))]),
    object(406, u32(1, 0x23)),
    object(402, [...u32(2), ...s32(0), ...u64(0x1000, 0x2000, 0, 0x73, 0)]),
    object(403, u64(1)),
    object(3, [...u64(0x1000), Buffer.alloc(4096, 0x5a)]),
    object(403, u64(0)),
    object(404, [...u64(0x7000), ...u32(16, 1)]),
    object(203, [Buffer.alloc(16)]),
    object(3, [Buffer.alloc(304)]),
  ]);

/** What stands between a task's shared objects and its registers. */
export const signals = (): Buffer =>
  Buffer.concat([
    object(108, [...u32(1, 1), ...u64(1 << 9, 0, 0, 0, 0, 0, 0), ...s32(-5), ...u32(0, 1, 0)]),
    object(3, [...s32(10, 0, 0, 77), ...u32(0), ...s32(0), ...u64(0, 0, 0)]),
    object(109, [...u32(2, 0), ...u64(...Array.from({ length: 45 }, (_, n) => n))]),
    object(3, [...u64(0x4000, 0, 0, 0), ...u64(1, 0, 0, 0), Buffer.alloc(62 * 32)]),
    object(3, [Buffer.alloc(96)]),
    object(105, u64(1, 0, 0, 0, 0, 0)),
  ]);

/** Names, folders and rights of a task, and memory it shares. */
export const surroundings = (): Buffer =>
  Buffer.concat([
    object(113, u32(65, 0)),
    object(3, [padded('node', 65)]),
    object(3, [padded('domain', 65)]),
    object(103, s32(6, 0)),
    object(112, u32(0o22, 0)),
    object(303, [Buffer.from('/\0')]),
    object(303, [Buffer.from('/tmp\0')]),
    object(111, s32(7, 0)),
    object(110, [...u32(1, 2, 3, 4, 5, 6, 7, 8, 0, 2), ...u64(0, 1, 2, 3)]),
    object(3, u32(10, 20)),
    object(114, [...u64(4), ...u32(1, 0)]),
    object(115, [...u64(0x5000), ...u32(0x53053053, 0)]),
    object(405, [...u64(8192), ...u32(0, 0)]),
    object(403, u64(0)),
  ]);

/** Two ends of a FIFO that holds three bytes, and one of an empty pipe. */
export const pipes = (): Buffer => {
  const end = (...before: Buffer[]) =>
    Buffer.concat([
      object(304, [...u32(2, 1, 0, 0), ...u64(0, 0)]),
      ...before,
      object(305, s32(3, 0)),
    ]);
  const number = object(5, [...u32(5), ...s32(3)]);
  return Buffer.concat([
    end(
      number,
      object(307, u32(4096, 0)),
      object(306, u32(1, 3)),
      object(303, [Buffer.from('/tmp/fifo\0')]),
      object(3, [Buffer.from('abc')]),
    ),
    end(),
    end(number, object(306, u32(0, 0))),
  ]);
};

export const files = (): Buffer =>
  Buffer.concat([
    object(5, [...u32(1), ...s32(1)]),
    object(301, s32(1, 0)),
    object(302, [...s32(2, 0), ...u32(0, 0)]),
    object(5, [...u32(2), ...s32(2)]),
    object(304, [...u32(1, 3, 2, 0), ...u64(0, 0)]),
    object(303, [Buffer.from('/tmp/file\0')]),
    object(104, s32(1, 3)),
  ]);

export const tail = (): Buffer => object(9001, u64(0x002d2a0cc0deef00n));

export const errorRecord = (text: string): Buffer =>
  Buffer.concat([object(9999, []), object(4, [Buffer.from(`\0${text}\0`)])]);

/** A whole image with one of nearly everything. */
export const wholeImage = (): Buffer =>
  Buffer.concat([header(), tree(5, 6), task(), files(), pipes(), memory(), signals(), tail()]);
