import { stringAt } from './elf.ts';

export type Reader = ReturnType<typeof createReader>;

/** Returns what reads a section of DWARF from a place on, each thing after the one before it. */
export function createReader(bytes: Buffer, start: number) {
  let at = start;
  const take = (count: number) => {
    at += count;
    return at - count;
  };
  const leb = () => {
    let [value, shift, byte] = [0, 1, 0x80];
    while ((byte & 0x80) !== 0) {
      byte = bytes.readUInt8(take(1));
      value += (byte & 0x7f) * shift;
      shift *= 0x80;
    }
    return { value, shift, negative: (byte & 0x40) !== 0 };
  };
  return {
    at: () => at,
    skip: (count: number) => void take(count),
    /** An unsigned number of so many bytes. */
    number: (count: number) =>
      count === 8 ? Number(bytes.readBigUInt64LE(take(8))) : bytes.readUIntLE(take(count), count),
    signedByte: () => bytes.readInt8(take(1)),
    address: (count: number) =>
      count === 8 ? bytes.readBigUInt64LE(take(8)) : BigInt(bytes.readUIntLE(take(count), count)),
    uleb: () => leb().value,
    sleb: () => {
      const { value, shift, negative } = leb();
      return negative ? value - shift : value;
    },
    string: () => {
      const text = stringAt(bytes, at);
      take(Buffer.byteLength(text) + 1);
      return text;
    },
  };
}
