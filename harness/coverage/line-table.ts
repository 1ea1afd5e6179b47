import { posix } from 'node:path';
import { createReader, type Reader } from '../../kernel/build/dwarf-reader.ts';
import { type Elf, stringAt } from '../../kernel/build/elf.ts';

/** Instructions that a line became: those from `start` up to `end`. */
export interface LineRange {
  /** As the compiler recorded it, normalised: `kernel/fork.c`. */
  readonly file: string;
  readonly line: number;
  readonly start: bigint;
  /**
   * The next address of which the table tells something. Lines that begin at one address, all
   * but one of them without an instruction of their own, share this range.
   */
  readonly end: bigint;
  /** Whether a statement of the line begins here; else instructions of it have only been moved here. */
  readonly statement: boolean;
}

/** Where a line table's texts are. */
type Tables = Readonly<Record<'line' | 'strings', Buffer>>;

/** The content types and forms of DWARF 5, 6.2.4.1 and 7.5.6, that line tables use. */
const contentPath = 1;
const contentDirectory = 2;
const form = { data16: 0x1e, string: 0x08, strp: 0x0e, lineStrp: 0x1f, udata: 0x0f } as const;
const fixedForms: Readonly<Record<number, number>> = { 0x0b: 1, 0x05: 2, 0x06: 4, 0x07: 8 };

/** Opcodes of DWARF 5, 6.2.5.2 and 6.2.5.3. */
const standard = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  setPrologueEnd: 10,
  setEpilogueBegin: 11,
  setIsa: 12,
} as const;
const extended = { endSequence: 1, setAddress: 2, defineFile: 3, setDiscriminator: 4 } as const;

/**
 * Returns the ranges of a program's lines in files that are wanted. Reads .debug_line of DWARF 2
 * to 5. Throws an error for one of another version.
 */
export function readLineRanges(elf: Elf, isWanted: (file: string) => boolean): LineRange[] {
  const tables = {
    line: elf.section('.debug_line').bytes,
    strings: elf.section('.debug_line_str').bytes,
    more: elf.section('.debug_str').bytes,
  };
  const found: LineRange[] = [];
  for (let at = 0; at < tables.line.length;) at = readUnit(tables, at, isWanted, found);
  return found;
}

/** Returns all files that a program was compiled from, as its line tables name them. */
export function readCompiledFiles(elf: Elf): Set<string> {
  const files = new Set<string>();
  readLineRanges(elf, (file) => {
    files.add(file);
    return false;
  });
  return files;
}

interface Header {
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operands: readonly number[];
  readonly least: number;
  readonly statement: boolean;
  /** By the number that the program names a file by. */
  readonly files: readonly (string | undefined)[];
}

/** Reads one table and returns where the next one begins. */
function readUnit(
  tables: Tables & { readonly more: Buffer },
  start: number,
  isWanted: (file: string) => boolean,
  found: LineRange[],
): number {
  const reader = createReader(tables.line, start);
  const short = reader.number(4);
  const wide = short === 0xffffffff ? 8 : 4;
  const length = wide === 8 ? reader.number(8) : short;
  const end = reader.at() + length;
  const version = reader.number(2);
  if (version < 2 || version > 5) throw new Error(`a line table of DWARF ${version}`);
  if (version === 5) reader.skip(2);
  const headerLength = reader.number(wide);
  const program = reader.at() + headerLength;
  const least = reader.number(1);
  if (version >= 4) reader.skip(1);
  const statement = reader.number(1) !== 0;
  const lineBase = reader.signedByte();
  const lineRange = reader.number(1);
  const opcodeBase = reader.number(1);
  const operands = [0, ...Array.from({ length: opcodeBase - 1 }, () => reader.number(1))];
  const files = version === 5 ? readFiles5(reader, wide, tables) : readFiles(reader);
  const wanted = files.map((file) => (file !== undefined && isWanted(file) ? file : undefined));
  if (wanted.some((file) => file !== undefined)) {
    const header = { lineBase, lineRange, opcodeBase, operands, least, statement, files: wanted };
    runProgram(createReader(tables.line, program), end, header, found);
  }
  return end;
}

/** The file names of DWARF 2 to 4: numbered from 1, the first directory is where it was compiled. */
function readFiles(reader: Reader): (string | undefined)[] {
  const directories = ['.'];
  for (let text = reader.string(); text !== ''; text = reader.string()) directories.push(text);
  const files: (string | undefined)[] = [undefined];
  for (let name = reader.string(); name !== ''; name = reader.string()) {
    const directory = directories[reader.uleb()] ?? '.';
    reader.uleb();
    reader.uleb();
    files.push(join(directory, name));
  }
  return files;
}

/** The file names of DWARF 5: numbered from 0, and each field in a form of its own. */
function readFiles5(
  reader: Reader,
  wide: 4 | 8,
  tables: Tables & { readonly more: Buffer },
): string[] {
  const readTable = () => {
    const formats = Array.from({ length: reader.number(1) }, () => ({
      content: reader.uleb(),
      form: reader.uleb(),
    }));
    return Array.from({ length: reader.uleb() }, () => {
      const entry = { path: '', directory: 0 };
      for (const { content, form: how } of formats) {
        const value = readForm(reader, how, wide, tables);
        if (content === contentPath) entry.path = String(value);
        if (content === contentDirectory) entry.directory = Number(value);
      }
      return entry;
    });
  };
  const directories = readTable().map(({ path }) => path);
  // The others are named from where it was compiled, which is the first.
  return readTable().map(({ path, directory }) =>
    join(directories[0] ?? '.', directories[directory] ?? '.', path),
  );
}

function readForm(
  reader: Reader,
  how: number,
  wide: 4 | 8,
  { strings, more }: Tables & { readonly more: Buffer },
): string | number {
  const fixed = fixedForms[how];
  if (fixed !== undefined) return reader.number(fixed);
  switch (how) {
    case form.string:
      return reader.string();
    case form.lineStrp:
      return stringAt(strings, reader.number(wide));
    case form.strp:
      return stringAt(more, reader.number(wide));
    case form.udata:
      return reader.uleb();
    case form.data16:
      reader.skip(16);
      return 0;
    default:
      throw new Error(`a line table with fields of the form ${how}`);
  }
}

/** Absolute parts win; what is above the place of compilation stays as it is. */
function join(...parts: readonly string[]): string {
  const last = parts.findLastIndex((part) => part.startsWith('/'));
  return posix.normalize(parts.slice(Math.max(0, last)).join('/'));
}

/** A row of the table, kept until it is known where the next one begins. */
interface Row {
  readonly file: string | undefined;
  readonly line: number;
  readonly statement: boolean;
}

/** Runs a line number program and adds the ranges that its rows make. */
function runProgram(reader: Reader, end: number, header: Header, found: LineRange[]): void {
  const { lineBase, lineRange, opcodeBase, operands, least } = header;
  let address = 0n;
  let file = 1;
  let line = 1;
  let { statement } = header;
  let rows: Row[] = [];
  let rowsAt = 0n;

  const flush = () => {
    for (const row of rows)
      if (row.file !== undefined && row.line > 0 && address > rowsAt)
        found.push({ ...row, file: row.file, start: rowsAt, end: address });
    rows = [];
  };
  const addRow = () => {
    if (address !== rowsAt) flush();
    rowsAt = address;
    rows.push({ file: header.files[file], line, statement });
  };
  const reset = () => {
    [address, file, line, statement] = [0n, 1, 1, header.statement];
  };
  const advance = (operation: number) => {
    address += BigInt(operation * least);
  };

  while (reader.at() < end) {
    const opcode = reader.number(1);
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      advance(Math.floor(adjusted / lineRange));
      line += lineBase + (adjusted % lineRange);
      addRow();
      continue;
    }
    switch (opcode) {
      case 0: {
        const length = reader.uleb();
        const next = reader.at() + length;
        const sub = reader.number(1);
        if (sub === extended.endSequence) {
          flush();
          reset();
        } else if (sub === extended.setAddress) {
          address = reader.address(length - 1);
        }
        reader.skip(next - reader.at());
        break;
      }
      case standard.copy:
        addRow();
        break;
      case standard.advancePc:
        advance(reader.uleb());
        break;
      case standard.advanceLine:
        line += reader.sleb();
        break;
      case standard.setFile:
        file = reader.uleb();
        break;
      case standard.negateStatement:
        statement = !statement;
        break;
      case standard.constAddPc:
        advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case standard.fixedAdvancePc:
        address += BigInt(reader.number(2));
        break;
      default:
        // What changes nothing here, and what a later version may bring.
        for (let left = operands[opcode] ?? 0; left > 0; left -= 1) reader.uleb();
    }
  }
}
