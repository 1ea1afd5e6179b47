import type { Frame } from '../harness/core/finding.ts';
import { readPlaces, type Place } from './places.ts';
import { readSymbols, type SymbolFiles, type SymbolTable } from './symbol-table.ts';

export type { SymbolFiles } from './symbol-table.ts';

export interface DecodedLine {
  /** As the kernel printed it. */
  readonly line: string;
  /** Innermost first; several where functions were inlined; none for a line without address. */
  readonly frames: readonly Frame[];
}

/** One address in a line, as the kernel names it. */
interface Reference {
  readonly name: string | undefined;
  readonly offset: number;
  readonly size: number | undefined;
  readonly raw: bigint | undefined;
  readonly reliable: boolean;
  /** Whether it is the instruction itself; elsewhere it is where a call returns to. */
  readonly exact: boolean;
}

/**
 * Returns an oops' lines with what their addresses mean. Works with as little as there
 * is: without debug information frames have no file, without any symbols they are what
 * the kernel printed. Throws nothing for unreadable symbols.
 */
export async function decodeStack(
  lines: readonly string[],
  files: SymbolFiles,
): Promise<DecodedLine[]> {
  const references = lines.map(findReference);
  if (!references.some((reference) => reference !== undefined))
    return lines.map((line) => ({ line, frames: [] }));
  const table = await readSymbols(files);
  const addresses = references.map((reference) => reference && addressOf(reference, table));
  const places = await readPlaces(
    addresses.map((address, index) =>
      address === undefined || references[index]?.exact === true ? address : address - 1n,
    ),
    files,
  );
  const decoded = lines.map((line, index) => {
    const reference = references[index];
    if (reference === undefined) return { line, frames: [] };
    const own = ownFrame(reference, addresses[index], table);
    return { line, frames: own === undefined ? [] : mergeFrames(own, places[index] ?? []) };
  });
  return addPatches(decoded, files.blame);
}

/** Who wrote a line is worth telling, not worth failing for. */
async function addPatches(
  decoded: readonly DecodedLine[],
  blame: SymbolFiles['blame'],
): Promise<DecodedLine[]> {
  const places = decoded
    .flatMap(({ frames }) => frames)
    .flatMap(({ file, line }) => (file === undefined || line === undefined ? [] : { file, line }));
  if (places.length === 0 || blame === undefined) return [...decoded];
  const patches = await blame(places).catch(() => []);
  const byPlace = new Map(
    places.map(({ file, line }, index) => [`${file}:${line}`, patches[index]]),
  );
  return decoded.map(({ line, frames }) => ({
    line,
    frames: frames.map((frame) => {
      const patch = byPlace.get(`${frame.file ?? ''}:${frame.line ?? ''}`);
      return patch === undefined ? frame : { ...frame, patch };
    }),
  }));
}

/**
 * Returns a frame as text: `do_checkpoint+0x1c (checkpoint/sys.c:123)`, or
 * `may_checkpoint_task, inlined (…)` for one that belongs to the frame after it, with the
 * patch that wrote the line after that.
 */
export function formatFrame(frame: Frame): string {
  const offset = frame.offset === undefined ? ', inlined' : `+0x${frame.offset.toString(16)}`;
  const place = frame.file === undefined ? '' : ` (${frame.file}:${frame.line ?? '?'})`;
  const patch = frame.patch === undefined ? '' : `, by ${frame.patch}`;
  return `${frame.reliable ? '' : '? '}${frame.function}${offset}${place}${patch}`;
}

function findReference(line: string): Reference | undefined {
  const exact = /\bE?R?IP\b/.test(line);
  const named = /(\? )?([A-Za-z_][\w.]*)\+0x([0-9a-f]+)\/0x([0-9a-f]+)/.exec(line);
  const raw = /\[<([0-9a-f]{8,16})>\]/.exec(line)?.[1];
  if (named === null && raw === undefined) return undefined;
  const [, doubt, name, offset, size] = named ?? [];
  return {
    name,
    offset: Number.parseInt(offset ?? '0', 16),
    size: size === undefined ? undefined : Number.parseInt(size, 16),
    raw: raw === undefined ? undefined : BigInt(`0x${raw}`),
    reliable: doubt === undefined && !line.includes('] ?'),
    exact,
  };
}

/** The name leads where the raw address cannot: under address randomisation, or hidden. */
function addressOf(reference: Reference, table: SymbolTable): bigint | undefined {
  const start =
    reference.name === undefined ? undefined : table.find(reference.name, reference.size);
  return start === undefined ? reference.raw : start + BigInt(reference.offset);
}

function ownFrame(
  { name, offset, reliable }: Reference,
  address: bigint | undefined,
  table: SymbolTable,
): Frame | undefined {
  if (name !== undefined) return { function: name, offset, reliable };
  const found = address === undefined ? undefined : table.name(address);
  if (found === undefined || address === undefined) return undefined;
  return { function: found.name, offset: Number(address - found.start), reliable };
}

/** The outermost place is the function the kernel named; those before it were inlined. */
function mergeFrames(own: Frame, places: readonly Place[]): Frame[] {
  if (places.length === 0) return [own];
  return places.map((place, index) => {
    const where =
      place.file === undefined || place.line === undefined
        ? {}
        : { file: place.file, line: place.line };
    if (index === places.length - 1) return { ...own, ...where };
    return { function: place.function, reliable: own.reliable, ...where };
  });
}
