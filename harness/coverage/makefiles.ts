import { posix } from 'node:path';
import type { Switch } from '../core/coverage.ts';
import type { Settings } from './conditionals.ts';

/** Returns a makefile's text by its path in the tree; undefined if there is none. */
export type ReadMakefile = (path: string) => Promise<string | undefined>;

/**
 * Returns the switches that would have a C or assembler file built: those of its own line in its
 * folder's makefile, and of the folders around it. None if the makefiles don't say.
 */
export async function findBuildSwitches(
  file: string,
  settings: Settings,
  read: ReadMakefile,
): Promise<Switch[]> {
  const found: string[] = [];
  let wanted = posix.basename(file).replace(/\.[cS]$/, '.o');
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const text = await readOf(folder, read);
    if (text !== undefined) found.push(...symbolsFor(wanted, text));
    if (folder === '.') break;
    wanted = `${posix.basename(folder)}/`;
  }
  const off = [...new Set(found)].filter((name) => (settings.get(name) ?? 'n') === 'n');
  return off.map((name) => ({ symbol: `CONFIG_${name}`, set: true }));
}

async function readOf(folder: string, read: ReadMakefile): Promise<string | undefined> {
  for (const name of ['Kbuild', 'Makefile']) {
    const text = await read(posix.join(folder, name));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** An object may be part of another one, `checkpoint-y := sys.o`, which has a symbol of its own. */
function symbolsFor(object: string, text: string, seen: readonly string[] = []): string[] {
  const lines = text.replace(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const [, target = '', kind = '', objects = ''] =
      /^([\w-]+)-(y|m|objs|\$\(CONFIG_\w+\))\s*[:+]?=(.*)$/.exec(line) ?? [];
    if (!objects.split(/\s+/).includes(object)) return [];
    const symbol = /CONFIG_(\w+)/.exec(kind)?.[1];
    const own = symbol === undefined ? [] : [symbol];
    const whole = `${target}.o`;
    if (['obj', 'lib', 'core', 'drivers'].includes(target) || seen.includes(whole)) return own;
    return [...own, ...symbolsFor(whole, text, [...seen, whole])];
  });
}
