import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { toolFor } from '../harness/core/architectures.ts';
import type { SymbolFiles } from './symbol-table.ts';

/** What addr2line knows of an address: a function, itself or inlined there. */
export interface Place {
  readonly function: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** Asks addr2line for all addresses at once: reading the debug information is what takes time. */
export async function readPlaces(
  addresses: readonly (bigint | undefined)[],
  files: SymbolFiles,
): Promise<Place[][]> {
  if (files.vmlinux === undefined) return [];
  const asked = addresses.map((address) => (address ?? 0n).toString(16));
  const tool = toolFor(files.architecture ?? 'x86_64', 'addr2line');
  const { stdout } = await execa(tool, ['-a', '-f', '-i', '-e', files.vmlinux], {
    input: asked.join('\n'),
    reject: false,
  });
  const answers = stdout.split(/^0x[0-9a-f]+\n/m).slice(1);
  return answers.map((answer) => parsePlaces(answer, files.sourceRoot));
}

function parsePlaces(answer: string, root: string | undefined): Place[] {
  const lines = answer.trimEnd().split('\n');
  const places: Place[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [, file, line] = /^(.*):(\d+)/.exec(lines[at + 1] ?? '') ?? [];
    const known = file !== undefined && !file.startsWith('??') && line !== '0';
    places.push({
      function: lines[at] ?? '??',
      file: known ? relativeTo(root, file) : undefined,
      line: known ? Number(line) : undefined,
    });
  }
  return places.some(({ file }) => file !== undefined) ? places : [];
}

/**
 * Names a file within the tree. A compiler cache may hand out objects that another
 * checkout's path is recorded in: then the longest tail of the path that exists counts.
 */
function relativeTo(root: string | undefined, file: string): string {
  // What the compiler was told to cut off leaves this.
  if (root === undefined) return file.replace(/^(?:\.\/)+/, '');
  const parts = resolve('/', file).split('/').slice(1);
  const tails = parts.map((_, index) => parts.slice(index).join('/'));
  return tails.find((tail) => existsSync(join(root, tail))) ?? file;
}
