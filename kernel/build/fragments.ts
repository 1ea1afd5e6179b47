import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labError } from '../../harness/core/errors.ts';
import { architectures, type ArchitectureName } from '../../harness/core/architectures.ts';
import { sanitizerNames } from '../../harness/core/base.ts';
import type { Base } from '../base.ts';

/** The folder of the repository that holds every base's fragments. */
export const configFolder = join(import.meta.dirname, '../config');

export interface Fragment {
  /** `boot`, `guest`, `debug`, an architecture, or a project's own. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** A symbol as a fragment asks for it. */
export interface Asked {
  /** Without CONFIG_. */
  readonly symbol: string;
  /** `y`, `m`, a number, a quoted string; `n` for "is not set". */
  readonly value: string;
  readonly fragment: string;
}

/** The lab's own fragments, which every kernel has: `debug` can be left out. */
export const labFragments = ['boot', 'guest', 'debug'] as const;

/**
 * Returns the lab's own fragments for an architecture. They are written for x86_64; what another
 * one wants otherwise is in a fragment of its name, which comes after them.
 */
export function fragmentsFor(architecture: ArchitectureName): readonly string[] {
  return architecture === 'x86_64' ? labFragments : [...labFragments, architecture];
}

/** Returns the names of the fragments that a base is built with, with what finds bugs or without. */
export function chosenFragments({ config }: Pick<Base, 'config'>, debug: boolean): string[] {
  return config.fragments.filter((name) => debug || name !== 'debug');
}

/** Tells whether a fragment is a project's own: patches that are left out may bring its symbols. */
export function isOwn(name: string): boolean {
  const ours: readonly string[] = [...labFragments, ...sanitizerNames];
  return !ours.includes(name) && !(name in architectures);
}

/** Returns a base's fragments in order. Throws `config-fragment` (config) for one that is missing. */
export async function readFragments(
  base: Base,
  names: readonly string[] = base.config.fragments,
  folder?: string,
): Promise<Fragment[]> {
  return Promise.all(
    names.map(async (name) => {
      const own = folder === undefined ? base.fragmentFiles?.[name] : undefined;
      const path = own ?? join(folder ?? configFolder, base.name, `${name}.config`);
      const text = await readFile(path, 'utf8').catch((cause: unknown) => {
        throw fragmentError(`${path} cannot be read`, cause);
      });
      return { name, path, text };
    }),
  );
}

/** Returns what fragments ask for; where two name a symbol, the later one counts. */
export function askedBy(fragments: readonly Fragment[]): Asked[] {
  const asked = new Map<string, Asked>();
  for (const { name, path, text } of fragments)
    for (const [index, line] of text.split('\n').entries()) {
      const found = readLine(line);
      if (found === 'broken') throw fragmentError(`${path}:${index + 1}: "${line}"`);
      if (found !== undefined) asked.set(found.symbol, { ...found, fragment: name });
    }
  return [...asked.values()];
}

/** Returns every symbol that a .config sets, with its value. */
export function valuesIn(config: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of config.split('\n')) {
    const found = readLine(line);
    if (found !== undefined && found !== 'broken') values.set(found.symbol, found.value);
  }
  return values;
}

/** Returns fragments' wishes in .config's own form. */
export function configText(asked: readonly Asked[]): string {
  return asked
    .map(({ symbol, value }) =>
      value === 'n' ? `# CONFIG_${symbol} is not set\n` : `CONFIG_${symbol}=${value}\n`,
    )
    .join('');
}

function readLine(line: string): { symbol: string; value: string } | 'broken' | undefined {
  const off = /^# CONFIG_(\w+) is not set\s*$/.exec(line);
  if (off?.[1] !== undefined) return { symbol: off[1], value: 'n' };
  if (/^\s*(#|$)/.test(line)) return undefined;
  const set = /^CONFIG_(\w+)=(\S.*?)\s*$/.exec(line);
  return set?.[1] !== undefined && set[2] !== undefined
    ? { symbol: set[1], value: set[2] }
    : 'broken';
}

function fragmentError(what: string, cause?: unknown): Error {
  return labError({
    code: 'config-fragment',
    fault: 'config',
    doing: 'reading the configuration fragments',
    what,
    next: 'A fragment has lines `CONFIG_NAME=value`, `# CONFIG_NAME is not set`, and comments.',
    cause,
  });
}
