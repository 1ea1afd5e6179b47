import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { labError } from '../../harness/core/errors.ts';

/** A section of an ELF file: its bytes, and where they are when the program runs. */
export interface Section {
  readonly name: string;
  readonly address: bigint;
  readonly bytes: Buffer;
}

/** A function, as the symbol table has it. */
export interface FunctionSymbol {
  readonly name: string;
  readonly start: bigint;
  readonly size: number;
}

/** The parts of an ELF file that coverage needs. */
export interface Elf {
  /** Returns a section; an empty one if there is none of that name. */
  section(name: string): Section;
  /** Functions with a size, in order of their addresses. */
  readonly functions: readonly FunctionSymbol[];
}

/** Numbers of the ELF specification. */
const magic = '\x7fELF\x02\x01';
const sectionNobits = 8;
const flagCompressed = 0x800n;
const compressedHeader = 24;
const symbolBytes = 24;
const typeFunction = 2;

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
  const section = (name: string) =>
    sections.find((each) => each.name === name) ?? { name, address: 0n, bytes: Buffer.alloc(0) };
  return { section, functions: readFunctions(section('.symtab').bytes, section('.strtab').bytes) };
}

/** Returns the text that begins at an offset of a table of strings. */
export function stringAt(table: Buffer, offset: number): string {
  const end = table.indexOf(0, offset);
  return table.toString('utf8', offset, end < 0 ? table.length : end);
}

function readSections(bytes: Buffer): Section[] {
  const table = Number(bytes.readBigUInt64LE(0x28));
  const entry = bytes.readUInt16LE(0x3a);
  const count = bytes.readUInt16LE(0x3c);
  const names = bytes.readUInt16LE(0x3e);
  const headers = Array.from({ length: count }, (_, index) => {
    const at = table + index * entry;
    return {
      name: bytes.readUInt32LE(at),
      type: bytes.readUInt32LE(at + 4),
      flags: bytes.readBigUInt64LE(at + 8),
      address: bytes.readBigUInt64LE(at + 16),
      offset: Number(bytes.readBigUInt64LE(at + 24)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
    };
  });
  const contents = headers.map(({ type, flags, offset, size }) => {
    const raw = type === sectionNobits ? Buffer.alloc(0) : bytes.subarray(offset, offset + size);
    return (flags & flagCompressed) === 0n ? raw : inflateSync(raw.subarray(compressedHeader));
  });
  const nameTable = contents[names] ?? Buffer.alloc(0);
  return headers.map(({ name, address }, index) => ({
    name: stringAt(nameTable, name),
    address,
    bytes: contents[index] ?? Buffer.alloc(0),
  }));
}

function readFunctions(symbols: Buffer, names: Buffer): FunctionSymbol[] {
  const found: FunctionSymbol[] = [];
  for (let at = 0; at + symbolBytes <= symbols.length; at += symbolBytes) {
    const size = Number(symbols.readBigUInt64LE(at + 16));
    if ((symbols.readUInt8(at + 4) & 0xf) !== typeFunction || size === 0) continue;
    const start = symbols.readBigUInt64LE(at + 8);
    found.push({ name: stringAt(names, symbols.readUInt32LE(at)), start, size });
  }
  return found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

function unreadable(path: string, why: string): Error {
  return labError({
    code: 'vmlinux-unreadable',
    fault: 'infrastructure',
    doing: "looking for the lines of a kernel's code",
    what: `${path}: ${why}`,
    next: 'Remove the image with `lab cache prune`, and run again: it is built anew.',
  });
}
