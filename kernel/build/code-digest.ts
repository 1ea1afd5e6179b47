import { createHash, type Hash } from 'node:crypto';
import { countUpTo } from '../../harness/core/search.ts';
import {
  readSections,
  readSymbols,
  sectionNobits,
  stringAt,
  typeFunction,
  type ElfSymbol,
  type Section,
} from './elf.ts';

/** What a kernel's functions are made of, so that two builds can be compared. */
export interface CodeDigest {
  /** A hash by the function's name: of its code, and of the data that it names. */
  readonly functions: Readonly<Record<string, string>>;
  /** Of all data that no function names. */
  readonly rest: string;
}

interface Relocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: number;
  readonly addend: number;
}

/** A part of a section: a symbol's, or what lies between two. */
interface Part {
  readonly section: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Numbers of the ELF specification and its supplement for x86-64. */
const typeObject = 1;
const typeSection = 3;
const sectionRelocations = 4;
const flagAlloc = 2n;
const flagExecutable = 4n;
const flagStrings = 0x20n;
const reservedSections = 0xff00;
const relocationBytes = 24;

/** Bytes that a relocation fills in, and whether it counts from the end of its field. */
const relocations: ReadonlyMap<number, { readonly bytes: number; readonly relative: boolean }> =
  new Map([
    [1, { bytes: 8, relative: false }], // R_X86_64_64
    [2, { bytes: 4, relative: true }], // R_X86_64_PC32
    [4, { bytes: 4, relative: true }], // R_X86_64_PLT32
    [10, { bytes: 4, relative: false }], // R_X86_64_32
    [11, { bytes: 4, relative: false }], // R_X86_64_32S
    [24, { bytes: 8, relative: true }], // R_X86_64_PC64
  ]);

/**
 * Returns the digest of a relocatable kernel, vmlinux.o: addresses are taken out and names put
 * in, so that a function is the same wherever it lies. Throws an error for what is no such file.
 */
export function digestCode(file: Buffer): CodeDigest {
  const sections = readSections(file);
  const symbols = readSymbols(sections);
  const relocationsOf = readRelocations(sections);
  const parts = layOut(sections, symbols);
  const named = new Set<Part>();
  const memo = new Map<Part, string>();

  const partAt = (section: number, offset: number): Part | undefined => {
    const own = parts.get(section) ?? [];
    return own[countUpTo(own, ({ start }) => start <= offset) - 1];
  };

  /** What a relocation names, wherever that lies; its part, if it has one of its own. */
  const targetOf = ({ symbol: index, type, addend }: Relocation): [string, Part | undefined] => {
    const symbol = symbols[index];
    if (symbol === undefined) return [`? ${addend}`, undefined];
    const at = sections[symbol.section];
    if (symbol.section === 0 || symbol.section >= reservedSections || at === undefined)
      return [`${symbol.name} ${addend}`, undefined];
    const kind = relocations.get(type);
    const shift = kind?.relative === true ? kind.bytes : 0;
    const value = Number(symbol.value);
    const offset = value + addend + (symbol.type === typeSection ? shift : 0);
    if ((at.flags & flagStrings) !== 0n)
      return [JSON.stringify(stringAt(at.bytes, offset)), undefined];
    const part =
      symbol.type === typeSection ? partAt(symbol.section, offset) : partAt(symbol.section, value);
    if (part === undefined) return [`${symbol.name} ${addend}`, undefined];
    const from = symbol.type === typeSection ? offset - part.start : addend;
    return [`${part.name} ${from}`, part];
  };

  const digestPart = (part: Part, withData: boolean): string => {
    const section = sections[part.section];
    if (section === undefined || section.type === sectionNobits) return `${part.end - part.start}`;
    const bytes = Buffer.from(section.bytes.subarray(part.start, part.end));
    const hash = createHash('sha1');
    for (const relocation of relocationsIn(relocationsOf.get(part.section) ?? [], part)) {
      const at = relocation.offset - part.start;
      bytes.fill(0, at, at + (relocations.get(relocation.type)?.bytes ?? 4));
      const [name, target] = targetOf(relocation);
      hash.update(`${at} ${relocation.type} ${name}\n`);
      if (!withData || target === undefined || isCode(sections[target.section])) continue;
      named.add(target);
      hash.update(dataOf(target));
    }
    if (isCode(section)) nameNearCalls(bytes, part, partAt, hash);
    return hash.update(bytes).digest('hex').slice(0, 16);
  };

  const dataOf = (part: Part): string => {
    const known = memo.get(part) ?? digestPart(part, false);
    memo.set(part, known);
    return known;
  };

  const functions = new Map<string, string[]>();
  for (const [index, own] of parts) {
    if (!isCode(sections[index])) continue;
    for (const part of own) {
      const found = functions.get(part.name) ?? [];
      functions.set(part.name, found);
      found.push(digestPart(part, true));
    }
  }
  const rest: string[] = [];
  for (const [index, own] of parts) {
    if (isCode(sections[index])) continue;
    for (const part of own) if (!named.has(part)) rest.push(`${part.name} ${dataOf(part)}`);
  }
  return {
    // Of one name there may be several: static ones, and parts that the compiler made of one.
    functions: Object.fromEntries([...functions].map(([name, all]) => [name, join(all)])),
    rest: join(rest),
  };
}

/** Opcodes of a call and a jump that a 32-bit distance follows. */
const callNear = 0xe8;
const jumpNear = 0xe9;
const nearBytes = 5;

/**
 * Puts names for distances to functions of the same file: the assembler works those out itself,
 * and they change with whatever lies between. What looks like a call and leads to the very
 * beginning of a function is taken for one.
 */
function nameNearCalls(
  bytes: Buffer,
  { section, start, end }: Part,
  partAt: (section: number, offset: number) => Part | undefined,
  hash: Hash,
): void {
  for (let at = 0; at + nearBytes <= bytes.length; at += 1) {
    if (bytes[at] !== callNear && bytes[at] !== jumpNear) continue;
    const to = start + at + nearBytes + bytes.readInt32LE(at + 1);
    if (to >= start && to < end) continue;
    const target = partAt(section, to);
    if (target?.start !== to) continue;
    hash.update(`${at} near ${target.name}\n`);
    bytes.fill(0, at + 1, at + nearBytes);
  }
}

/** Returns the name that a function has in its source: the compiler splits and copies some. */
export function sourceName(name: string): string {
  return name.replace(/\.(cold|part|isra|constprop|\d+)\b.*$/, '');
}

function join(hashes: readonly string[]): string {
  if (hashes.length === 1) return hashes[0] ?? '';
  return createHash('sha1')
    .update([...hashes].sort().join())
    .digest('hex')
    .slice(0, 16);
}

function isCode(section: Section | undefined): boolean {
  return section !== undefined && (section.flags & flagExecutable) !== 0n;
}

/** Returns the relocations of each section, in order of their places. */
function readRelocations(sections: readonly Section[]): Map<number, Relocation[]> {
  const found = new Map<number, Relocation[]>();
  for (const { type, info, bytes } of sections) {
    const flags = sections[info]?.flags ?? 0n;
    if (type !== sectionRelocations || (flags & flagAlloc) === 0n) continue;
    const own = Array.from({ length: Math.floor(bytes.length / relocationBytes) }, (_, index) => {
      const at = index * relocationBytes;
      return {
        offset: Number(bytes.readBigUInt64LE(at)),
        type: bytes.readUInt32LE(at + 8),
        symbol: bytes.readUInt32LE(at + 12),
        addend: Number(bytes.readBigInt64LE(at + 16)),
      };
    });
    found.set(
      info,
      own.sort((a, b) => a.offset - b.offset),
    );
  }
  return found;
}

function relocationsIn(all: readonly Relocation[], { start, end }: Part): readonly Relocation[] {
  const first = countUpTo(all, ({ offset }) => offset < start);
  const last = countUpTo(all, ({ offset }) => offset < end);
  return all.slice(first, last);
}

/** Returns the parts of each section that a running kernel has, in order. */
function layOut(sections: readonly Section[], symbols: readonly ElfSymbol[]): Map<number, Part[]> {
  const parts = new Map<number, Part[]>();
  for (const { name, type, section, value, size } of symbols) {
    if (type !== typeFunction && type !== typeObject) continue;
    const at = sections[section];
    if (size === 0 || at === undefined || (at.flags & flagAlloc) === 0n) continue;
    if ((at.flags & flagStrings) !== 0n) continue;
    const own = parts.get(section) ?? [];
    parts.set(section, own);
    const start = Number(value);
    own.push({ section, name: sourceName(name), start, end: start + size });
  }
  for (const [section, own] of parts) parts.set(section, fillGaps(own, section, sections));
  return parts;
}

/** Two names of one place are one part; what no symbol has is a part that is named for the one before. */
function fillGaps(own: readonly Part[], section: number, sections: readonly Section[]): Part[] {
  const sorted = [...own].sort((a, b) => a.start - b.start || b.end - a.end);
  const size = sections[section]?.bytes.length ?? 0;
  const filled: Part[] = [];
  let at = 0;
  let before = sections[section]?.name ?? '';
  for (const part of sorted) {
    if (part.start < at) continue;
    if (part.start > at)
      filled.push({ section, name: `after ${before}`, start: at, end: part.start });
    filled.push(part);
    at = part.end;
    before = part.name;
  }
  if (at < size) filled.push({ section, name: `after ${before}`, start: at, end: size });
  return filled;
}
