import { countUpTo } from '../core/search.ts';
import type { Elf } from '../../kernel/build/elf.ts';
import { readLineRanges, type LineRange } from './line-table.ts';

/** Addresses from `start` up to `end`. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Where in a kernel's code the lines are that are asked about. */
export interface CodeMap {
  /** What a guest's plugin is to count, in order. A position counts bytes of these. */
  readonly ranges: readonly AddressRange[];
  /** Bytes of all ranges. */
  readonly size: number;
  /** For each file and line with code: the positions of which one must run for the line to. */
  readonly lines: ReadonlyMap<string, ReadonlyMap<number, readonly number[]>>;
  readonly functions: readonly MappedFunction[];
}

/** A function of a file that is asked about. */
export interface MappedFunction {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Of its first instruction. */
  readonly position: number;
}

/**
 * Maps a kernel's code to lines. A line runs when a statement of it begins; one on which none
 * begins, such as the rest of a condition, when any instruction of it runs.
 */
export function mapCode(
  elf: Elf,
  isWanted: (file: string, line: number) => boolean,
  files: ReadonlySet<string>,
): CodeMap {
  const nameOf = createNames(files);
  const found = readLineRanges(elf, (file) => nameOf(file) !== undefined).flatMap((range) => {
    const file = nameOf(range.file) ?? range.file;
    return isWanted(file, range.line) ? [{ ...range, file }] : [];
  });
  const byLine = groupByLine(found);
  const entries = findEntries(elf, found);
  const needed = [...byLine.values()].flatMap((lines) => [...lines.values()].flat());
  const ranges = mergeRanges([...needed, ...entries.map(({ at }) => at)]);
  const positionOf = createPositions(ranges);
  const lines = new Map(
    [...byLine].map(([file, ofFile]) => [
      file,
      new Map([...ofFile].map(([line, spots]) => [line, spots.flatMap(positionsIn(positionOf))])),
    ]),
  );
  const functions = entries.map(({ name, file, line, at }) => ({
    ...{ name, file, line },
    position: positionOf(at.start),
  }));
  const size = ranges.reduce((sum, { start, end }) => sum + Number(end - start), 0);
  return { ranges, size, lines, functions };
}

/** Returns what the plugin reads: a range a line. */
export function renderRanges(ranges: readonly AddressRange[]): string {
  return ranges.map(({ start, end }) => `${start.toString(16)} ${end.toString(16)}\n`).join('');
}

/**
 * Names a file within the tree. A compiler cache may hand out objects that another checkout's
 * path is recorded in: then the longest tail of the path that is asked about counts.
 */
function createNames(files: ReadonlySet<string>): (recorded: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (recorded) => {
    if (known.has(recorded)) return known.get(recorded);
    const parts = recorded.split('/');
    const tails = parts.map((_, index) => parts.slice(index).join('/'));
    const name = tails.find((tail) => files.has(tail));
    known.set(recorded, name);
    return name;
  };
}

function groupByLine(
  found: readonly LineRange[],
): Map<string, Map<number, readonly AddressRange[]>> {
  const all = new Map<string, Map<number, LineRange[]>>();
  for (const range of found) {
    const lines = all.get(range.file) ?? new Map<number, LineRange[]>();
    all.set(range.file, lines);
    lines.set(range.line, [...(lines.get(range.line) ?? []), range]);
  }
  const spotsOf = (ranges: readonly LineRange[]): AddressRange[] => {
    const statements = ranges.filter(({ statement }) => statement);
    if (statements.length === 0) return ranges.map(({ start, end }) => ({ start, end }));
    return statements.map(({ start }) => firstByte(start));
  };
  return new Map(
    [...all].map(([file, lines]) => [
      file,
      new Map([...lines].map(([line, ranges]) => [line, spotsOf(ranges)])),
    ]),
  );
}

function firstByte(start: bigint): AddressRange {
  return { start, end: start + 1n };
}

interface Entry {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly at: AddressRange;
}

/** Functions whose first line is asked about; what the compiler has split off is part of one. */
function findEntries({ functions }: Elf, found: readonly LineRange[]): Entry[] {
  const starts = new Map<bigint, LineRange>();
  for (const range of found)
    if (range.statement && !starts.has(range.start)) starts.set(range.start, range);
  return functions.flatMap(({ name, start }) => {
    const range = starts.get(start);
    if (range === undefined || /\.cold(?:\.|$)/.test(name)) return [];
    const { file, line } = range;
    return [{ name: name.replace(/\..*$/, ''), file, line, at: firstByte(start) }];
  });
}

/** Returns ranges in order, those that touch made one. */
function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const sorted = [...ranges].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const merged: { start: bigint; end: bigint }[] = [];
  for (const { start, end } of sorted) {
    const last = merged.at(-1);
    if (last === undefined || start > last.end) merged.push({ start, end });
    else if (end > last.end) last.end = end;
  }
  return merged;
}

function createPositions(ranges: readonly AddressRange[]): (address: bigint) => number {
  let before = 0;
  const firsts = ranges.map(({ start, end }) => {
    const first = before;
    before += Number(end - start);
    return first;
  });
  return (address) => {
    const at = Math.max(0, countUpTo(ranges, ({ start }) => start <= address) - 1);
    return (firsts[at] ?? 0) + Number(address - (ranges[at]?.start ?? 0n));
  };
}

function positionsIn(positionOf: (address: bigint) => number) {
  return ({ start, end }: AddressRange): number[] => {
    const first = positionOf(start);
    return Array.from({ length: Number(end - start) }, (_, index) => first + index);
  };
}
