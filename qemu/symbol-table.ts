import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { toolFor, type ArchitectureName } from '../harness/core/architectures.ts';

/** Where a kernel's addresses lead. */
export interface SymbolFiles {
  /** Whose code it is; default x86_64's. */
  readonly architecture?: ArchitectureName | undefined;
  /** With CONFIG_DEBUG_INFO it knows files and lines. */
  readonly vmlinux?: string | undefined;
  /** Knows functions; used when there is no vmlinux, and quicker to read. */
  readonly systemMap?: string | undefined;
  /** The source tree's root: files are named relative to it. */
  readonly sourceRoot?: string | undefined;
  /** Returns which patch wrote each line, undefined for one that none did. */
  readonly blame?: (
    lines: readonly { readonly file: string; readonly line: number }[],
  ) => Promise<readonly (string | undefined)[]>;
}

export interface SymbolTable {
  /** Finds a function by its name and, as names repeat, its size. */
  find(name: string, size: number | undefined): bigint | undefined;
  /** Names the function an address lies in. */
  name(address: bigint): { readonly name: string; readonly start: bigint } | undefined;
}

/**
 * Reads a kernel's functions from System.map, else from vmlinux; without either the table
 * is empty.
 */
export async function readSymbols(files: SymbolFiles): Promise<SymbolTable> {
  const text = (await readMap(files.systemMap)) ?? (await listSymbols(files)) ?? '';
  const symbols = [...text.matchAll(/^([0-9a-f]{8,16}) [TtWw] (\S+)$/gm)]
    .map(([, address, name]) => ({ name: name ?? '', start: BigInt(`0x${address ?? '0'}`) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const byName = new Map<string, { readonly start: bigint; readonly size: bigint }[]>();
  symbols.forEach(({ name, start }, index) => {
    const size = (symbols[index + 1]?.start ?? start) - start;
    byName.set(name, [...(byName.get(name) ?? []), { start, size }]);
  });
  return {
    find: (name, size) => {
      const known = byName.get(name) ?? [];
      const fits = known.find((symbol) => size !== undefined && symbol.size === BigInt(size));
      return (fits ?? known[0])?.start;
    },
    name: (address) => {
      const next = symbols.findIndex(({ start }) => start > address);
      return next <= 0 ? undefined : symbols[next - 1];
    },
  };
}

async function readMap(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readFile(path, 'utf8').catch(() => undefined);
}

async function listSymbols({
  vmlinux,
  architecture = 'x86_64',
}: SymbolFiles): Promise<string | undefined> {
  if (vmlinux === undefined) return undefined;
  const { stdout } = await execa(toolFor(architecture, 'nm'), ['-n', vmlinux], { reject: false });
  return stdout;
}
