import { createReader, type Reader } from './dwarf-reader.ts';
import { stringAt, type Elf } from './elf.ts';

/** The fields of each struct that was found, in their order: `state`, of unnamed parts `futex.uaddr`. */
export type StructFields = ReadonlyMap<string, readonly string[]>;

/** Numbers of DWARF 5, 7.5.3 to 7.5.6; DWARF 2 to 4 have the same ones. */
const tag = { array: 0x01, member: 0x0d, struct: 0x13, typedef: 0x16, union: 0x17 } as const;
const attribute = { name: 0x03, declaration: 0x3c, type: 0x49, offsetsBase: 0x72 } as const;
const unit = { compile: 1, partial: 3, skeleton: 4, split: 5, type: 2, splitType: 6 } as const;
const form = {
  block2: 0x03,
  block4: 0x04,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  refUdata: 0x15,
  indirect: 0x16,
  secOffset: 0x17,
  exprloc: 0x18,
  strx: 0x1a,
  addrx: 0x1b,
  lineStrp: 0x1f,
  implicitConst: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  refAddr: 0x10,
} as const;
/** Bytes of the forms that have as many everywhere: addresses are those of a 64-bit machine. */
const fixedForms: Readonly<Record<number, number>> = {
  0x01: 8,
  0x05: 2,
  0x06: 4,
  0x07: 8,
  0x0b: 1,
  0x0c: 1,
  0x11: 1,
  0x12: 2,
  0x13: 4,
  0x14: 8,
  0x19: 0,
  0x1c: 4,
  0x1e: 16,
  0x20: 8,
  0x24: 8,
  0x29: 1,
  0x2a: 2,
  0x2b: 3,
  0x2c: 4,
};

interface Abbreviation {
  readonly tag: number;
  readonly children: boolean;
  /** Attribute, form, and the value of one that stands here: three numbers each. */
  readonly attributes: readonly number[];
}

interface Tables {
  readonly info: Buffer;
  readonly abbreviations: Buffer;
  readonly strings: Buffer;
  readonly lineStrings: Buffer;
  readonly offsets: Buffer;
}

/** What is kept of an entry: those of structs, of unions and of what leads to them. */
interface Entry {
  readonly tag: number;
  readonly name: string;
  readonly type: number | undefined;
  readonly declared: boolean;
  readonly members: Entry[];
}

/**
 * Returns the fields of structs, unions or typedefs of such, by their names, as a program's
 * debugging information has them. What of a struct has no name, or is of a type that has none, is
 * taken apart. A name that is only declared, or unknown, is not in the map. Reads .debug_info of
 * DWARF 2 to 5. Throws an error for another version, and for a name with two meanings.
 */
export function readStructFields(elf: Elf, names: ReadonlySet<string>): StructFields {
  const tables: Tables = {
    info: elf.section('.debug_info').bytes,
    abbreviations: elf.section('.debug_abbrev').bytes,
    strings: elf.section('.debug_str').bytes,
    lineStrings: elf.section('.debug_line_str').bytes,
    offsets: elf.section('.debug_str_offsets').bytes,
  };
  const found = new Map<string, readonly string[]>();
  const known = new Map<number, ReadonlyMap<number, Abbreviation>>();
  for (let at = 0; at < tables.info.length;) at = readUnit(tables, at, known, names, found);
  return found;
}

/** Reads one compilation unit and returns where the next one begins. */
function readUnit(
  tables: Tables,
  start: number,
  known: Map<number, ReadonlyMap<number, Abbreviation>>,
  names: ReadonlySet<string>,
  found: Map<string, readonly string[]>,
): number {
  const reader = createReader(tables.info, start);
  const short = reader.number(4);
  const wide = short === 0xffffffff ? 8 : 4;
  const end = (wide === 8 ? reader.number(8) : short) + reader.at();
  const version = reader.number(2);
  if (version < 2 || version > 5) throw new Error(`debugging information of DWARF ${version}`);
  const kind = version === 5 ? reader.number(1) : unit.compile;
  if (version === 5) reader.skip(1);
  const table = reader.number(wide);
  if (version < 5) reader.skip(1);
  if (kind === unit.skeleton || kind === unit.split) reader.skip(8);
  if (kind === unit.type || kind === unit.splitType) reader.skip(8 + wide);
  let abbreviations = known.get(table);
  if (abbreviations === undefined) {
    abbreviations = readAbbreviations(createReader(tables.abbreviations, table));
    known.set(table, abbreviations);
  }
  const entries = readEntries(tables, reader, { start, end, wide, version, abbreviations });
  for (const entry of entries.values()) {
    if (!names.has(entry.name)) continue;
    const holder = entry.tag === tag.typedef ? unnamedOf(entry.type, entries) : entry;
    if (holder === undefined || holder.declared || holder.tag === tag.array) continue;
    keep(entry.name, listFields(holder, entries), found);
  }
  return end;
}

function keep(
  name: string,
  fields: readonly string[],
  found: Map<string, readonly string[]>,
): void {
  const other = found.get(name);
  if (other === undefined) found.set(name, fields);
  else if (other.join() !== fields.join())
    throw new Error(
      `two structs are called ${name}: { ${other.join(' ')} } and { ${fields.join(' ')} }`,
    );
}

/** Returns a struct or union that has no name of its own, through arrays of it. */
function unnamedOf(
  type: number | undefined,
  entries: ReadonlyMap<number, Entry>,
): Entry | undefined {
  const entry = type === undefined ? undefined : entries.get(type);
  if (entry?.tag === tag.array) return unnamedOf(entry.type, entries);
  const isHolder = entry?.tag === tag.struct || entry?.tag === tag.union;
  return isHolder && entry.name === '' ? entry : undefined;
}

function listFields({ members }: Entry, entries: ReadonlyMap<number, Entry>): string[] {
  return members.flatMap(({ name, type }) => {
    const inner = unnamedOf(type, entries);
    if (inner === undefined) return name === '' ? [] : [name];
    const fields = listFields(inner, entries);
    return name === '' ? fields : fields.map((field) => `${name}.${field}`);
  });
}

function readAbbreviations(reader: Reader): Map<number, Abbreviation> {
  const found = new Map<number, Abbreviation>();
  for (let code = reader.uleb(); code !== 0; code = reader.uleb()) {
    const name = reader.uleb();
    const children = reader.number(1) !== 0;
    const attributes: number[] = [];
    for (;;) {
      const which = reader.uleb();
      const how = reader.uleb();
      const value = how === form.implicitConst ? reader.sleb() : 0;
      if (which === 0 && how === 0) break;
      attributes.push(which, how, value);
    }
    found.set(code, { tag: name, children, attributes });
  }
  return found;
}

interface Unit {
  readonly start: number;
  readonly end: number;
  readonly wide: 4 | 8;
  readonly version: number;
  readonly abbreviations: ReadonlyMap<number, Abbreviation>;
}

const kept: ReadonlySet<number> = new Set(Object.values(tag));

/** Returns the entries of a unit that structs are made of, by their places in .debug_info. */
function readEntries(tables: Tables, reader: Reader, unit: Unit): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  const parents: (Entry | undefined)[] = [];
  let offsetsBase = unit.wide === 8 ? 16 : 8;
  while (reader.at() < unit.end) {
    const place = reader.at();
    const code = reader.uleb();
    if (code === 0) {
      parents.pop();
      continue;
    }
    const abbreviation = unit.abbreviations.get(code);
    if (abbreviation === undefined)
      throw new Error(`entry ${place} of .debug_info is of no kind that .debug_abbrev knows`);
    const values = { name: '', type: undefined as number | undefined, declared: false };
    const isKept = kept.has(abbreviation.tag);
    const { attributes } = abbreviation;
    for (let index = 0; index < attributes.length; index += 3) {
      const which = attributes[index];
      let how = attributes[index + 1] ?? 0;
      while (how === form.indirect) how = reader.uleb();
      if (which === attribute.offsetsBase) offsetsBase = reader.number(unit.wide);
      else if (isKept && which === attribute.name)
        values.name = readText(tables, reader, how, unit, offsetsBase);
      else if (isKept && which === attribute.type) values.type = readReference(reader, how, unit);
      else {
        if (which === attribute.declaration) values.declared = true;
        skipForm(reader, how, unit);
      }
    }
    const entry = isKept ? { tag: abbreviation.tag, ...values, members: [] } : undefined;
    if (entry?.tag === tag.member) parents.at(-1)?.members.push(entry);
    else if (entry !== undefined) entries.set(place, entry);
    if (abbreviation.children) parents.push(entry);
  }
  return entries;
}

function readText(
  { strings, lineStrings, offsets }: Tables,
  reader: Reader,
  how: number,
  { wide }: Unit,
  base: number,
): string {
  const indexed = (index: number): string => {
    const at = base + index * wide;
    const offset = wide === 8 ? Number(offsets.readBigUInt64LE(at)) : offsets.readUInt32LE(at);
    return stringAt(strings, offset);
  };
  switch (how) {
    case form.string:
      return reader.string();
    case form.strp:
      return stringAt(strings, reader.number(wide));
    case form.lineStrp:
      return stringAt(lineStrings, reader.number(wide));
    case form.strx:
      return indexed(reader.uleb());
    case form.strx1:
    case form.strx2:
    case form.strx3:
    case form.strx4:
      return indexed(reader.number(how - form.strx1 + 1));
    default:
      throw new Error(`a name in form 0x${how.toString(16)}`);
  }
}

/** Returns the place of what an entry refers to; undefined for one of another file. */
function readReference(reader: Reader, how: number, unit: Unit): number | undefined {
  if (how === form.refAddr) return reader.number(unit.version === 2 ? 8 : unit.wide);
  if (how === form.refUdata) return unit.start + reader.uleb();
  const bytes = { 0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8 }[how];
  if (bytes !== undefined) return unit.start + reader.number(bytes);
  skipForm(reader, how, unit);
  return undefined;
}

function skipForm(reader: Reader, how: number, { wide, version }: Unit): void {
  const bytes = fixedForms[how];
  if (bytes !== undefined) {
    reader.skip(bytes);
    return;
  }
  switch (how) {
    case form.string:
      reader.string();
      return;
    case form.strp:
    case form.lineStrp:
    case form.secOffset:
      reader.skip(wide);
      return;
    case form.refAddr:
      reader.skip(version === 2 ? 8 : wide);
      return;
    case form.sdata:
    case form.udata:
    case form.refUdata:
    case form.strx:
    case form.addrx:
    case form.loclistx:
    case form.rnglistx:
      reader.uleb();
      return;
    case form.strx1:
    case form.strx2:
    case form.strx3:
    case form.strx4:
      reader.skip(how - form.strx1 + 1);
      return;
    case form.implicitConst:
      return;
    case form.block1:
      reader.skip(reader.number(1));
      return;
    case form.block2:
      reader.skip(reader.number(2));
      return;
    case form.block4:
      reader.skip(reader.number(4));
      return;
    case form.block:
    case form.exprloc:
      reader.skip(reader.uleb());
      return;
    default:
      throw new Error(`an attribute in form 0x${how.toString(16)}`);
  }
}
