import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { labError } from '../../harness/core/errors.ts';

/** A section of an ELF file: its bytes as they stand there, and where they are when the program runs. */
export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly bytes: Buffer;
  /** Indices of sections that it is about; what they mean depends on its type. */
  readonly link: number;
  readonly info: number;
}

/** An entry of the symbol table. */
export interface ElfSymbol {
  readonly name: string;
  readonly type: number;
  /** Index of the section that it lies in. */
  readonly section: number;
  readonly value: bigint;
  readonly size: number;
}

/** A function, as the symbol table has it. */
export interface FunctionSymbol {
  readonly name: string;
  readonly start: bigint;
  readonly size: number;
}

/** The parts of an ELF file that tell of its code and its data. */
export interface Elf {
  /** Returns a section; an empty one if there is none of that name. */
  section(name: string): Pick<Section, 'name' | 'address' | 'bytes'>;
  /** Functions with a size, in order of their addresses. */
  readonly functions: readonly FunctionSymbol[];
}

/** Numbers of the ELF specification. */
const magic = '\x7fELF\x02\x01';
const sectionSymbols = 2;
export const sectionNobits = 8;
const flagCompressed = 0x800n;
const compressedHeader = 24;
const symbolBytes = 24;
export const typeFunction = 2;

/** Reads a 64-bit little-endian ELF file. Throws `vmlinux-unreadable`. */
export async function readElf(path: string): Promise<Elf> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, (cause as Error).message);
  });
  try {
    return parseElf(bytes);
  } catch (cause) {
    throw unreadable(path, (cause as Error).message);
  }
}

/** Parses one; see readElf(). Throws an error if it is no such file or is cut short. */
export function parseElf(bytes: Buffer): Elf {
  if (bytes.toString('latin1', 0, magic.length) !== magic)
    throw new Error('it is not a 64-bit little-endian ELF file');
  const sections = readSections(bytes);
  const section: Elf['section'] = (name) => {
    const found = sections.find((each) => each.name === name);
    if (found === undefined) return { name, address: 0n, bytes: Buffer.alloc(0) };
    return { ...found, bytes: inflate(found) };
  };
  return { section, functions: listFunctions(readSymbols(sections)) };
}

function inflate({ flags, bytes }: Section): Buffer {
  return (flags & flagCompressed) === 0n ? bytes : inflateSync(bytes.subarray(compressedHeader));
}

/** Returns the text that begins at an offset of a table of strings. */
export function stringAt(table: Buffer, offset: number): string {
  const end = table.indexOf(0, offset);
  return table.toString('utf8', offset, end < 0 ? table.length : end);
}

/** Returns the sections of a 64-bit little-endian ELF file. Throws an error for one cut short. */
export function readSections(file: Buffer): readonly Section[] {
  const table = Number(file.readBigUInt64LE(0x28));
  const entry = file.readUInt16LE(0x3a);
  const count = file.readUInt16LE(0x3c);
  const names = file.readUInt16LE(0x3e);
  const headers = Array.from({ length: count }, (_, index) => {
    const at = table + index * entry;
    const type = file.readUInt32LE(at + 4);
    const offset = Number(file.readBigUInt64LE(at + 24));
    const size = Number(file.readBigUInt64LE(at + 32));
    return {
      nameAt: file.readUInt32LE(at),
      type,
      flags: file.readBigUInt64LE(at + 8),
      address: file.readBigUInt64LE(at + 16),
      bytes: type === sectionNobits ? Buffer.alloc(0) : file.subarray(offset, offset + size),
      link: file.readUInt32LE(at + 40),
      info: file.readUInt32LE(at + 44),
    };
  });
  const nameTable = headers[names]?.bytes ?? Buffer.alloc(0);
  return headers.map(({ nameAt, ...header }) => ({ ...header, name: stringAt(nameTable, nameAt) }));
}

/** Returns the symbol table's entries, in its order. */
export function readSymbols(sections: readonly Section[]): readonly ElfSymbol[] {
  const table = sections.find(({ type }) => type === sectionSymbols);
  const names = sections[table?.link ?? 0]?.bytes ?? Buffer.alloc(0);
  const bytes = table?.bytes ?? Buffer.alloc(0);
  return Array.from({ length: Math.floor(bytes.length / symbolBytes) }, (_, index) => {
    const at = index * symbolBytes;
    return {
      name: stringAt(names, bytes.readUInt32LE(at)),
      type: bytes.readUInt8(at + 4) & 0xf,
      section: bytes.readUInt16LE(at + 6),
      value: bytes.readBigUInt64LE(at + 8),
      size: Number(bytes.readBigUInt64LE(at + 16)),
    };
  });
}

function listFunctions(symbols: readonly ElfSymbol[]): FunctionSymbol[] {
  return symbols
    .filter(({ type, size }) => type === typeFunction && size !== 0)
    .map(({ name, value: start, size }) => ({ name, start, size }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

function unreadable(path: string, why: string): Error {
  return labError({
    code: 'vmlinux-unreadable',
    fault: 'infrastructure',
    doing: "reading a kernel's vmlinux",
    what: `${path}: ${why}`,
    next: 'Remove the image with `lab cache prune`, and run again: it is built anew.',
  });
}
