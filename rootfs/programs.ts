import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Context } from '../harness/core/context.ts';
import { keep, keyOf } from '../harness/store/cache.ts';
import type { Compiler } from './compiler.ts';
import { run } from './run.ts';

/** Where the guest's own programs come from. */
export const sourceFolder = join(import.meta.dirname, 'src');

const flags = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-Os',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-static',
  '-fno-pie',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wl,--gc-sections',
  '-no-pie',
  '-s',
];

/** The guest's own programs that know nothing of registers: those that other than x86 can have. */
const everywhere = ['init', 'shim'];

/** A program of the lab's own: name and path of the static binary. */
export interface Program {
  readonly name: string;
  readonly path: string;
}

/** C that every program may take: `#include "common/names.h"`. */
export interface Shared {
  /** Where it is, for -I. */
  readonly folder: string;
  /** Absolute paths of what is linked with each program. */
  readonly sources: readonly string[];
  /** Every file's name and text: what a key is made of. */
  readonly texts: readonly (readonly [string, string])[];
}

/** Returns what every program of the guest may take, the lab's own and a project's. */
export async function readShared(): Promise<Shared> {
  const texts = [...(await readSources(sourceFolder))].filter(([file]) => isShared(file));
  const sources = texts.map(([file]) => file).filter((file) => file.endsWith('.c'));
  return { folder: sourceFolder, sources: sources.map((file) => join(sourceFolder, file)), texts };
}

type Where = Pick<Context, 'home' | 'signal'>;
type Texts = ReadonlyMap<string, string>;

/**
 * Compiles the guest's own programs, all at once, those that its architecture can have, and returns them sorted by name. A .c file
 * in the source folder is a program; so is a folder, of all .c files in it and in `common`.
 * Throws an infrastructure error with the compiler's words.
 */
export async function buildPrograms(
  where: Where,
  compiler: Compiler,
  folder = sourceFolder,
): Promise<readonly Program[]> {
  const texts = await readSources(folder);
  const own = [...texts.keys()].filter((file) => !isShared(file));
  const all = new Set(own.map((file) => file.replace(/\.c$|\/.*/, '')));
  const names = [...all].filter(
    (name) => compiler.architecture !== 'arm64' || everywhere.includes(name),
  );
  return Promise.all(names.map((name) => build(name, texts, where, compiler, folder)));
}

/** Compiles one of them; see buildPrograms(). */
export async function buildProgram(
  name: string,
  where: Where,
  compiler: Compiler,
): Promise<Program> {
  return build(name, await readSources(sourceFolder), where, compiler, sourceFolder);
}

async function build(
  name: string,
  texts: Texts,
  { home, signal }: Where,
  compiler: Compiler,
  folder: string,
): Promise<Program> {
  const inputs = [...texts.keys()].filter(
    (file) => isShared(file) || file === `${name}.c` || file.startsWith(`${name}/`),
  );
  const key = keyOf({
    compiler: compiler.identity,
    flags,
    texts: inputs.map((file) => [file, texts.get(file)]),
  });
  const { path } = await keep(home.rootfs, `${name}-${key}`, async (fresh) => {
    const sources = inputs.filter((file) => file.endsWith('.c'));
    await compile(name, sources, join(fresh, name), folder, compiler, signal);
  });
  return { name, path: join(path, name) };
}

function isShared(file: string): boolean {
  return file.startsWith('common/') || /^[^/]+\.h$/.test(file);
}

async function readSources(folder: string): Promise<Texts> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.[ch]$/.test(file));
  const read = async (file: string) => [file, await readFile(join(folder, file), 'utf8')] as const;
  return new Map(await Promise.all(files.sort().map(read)));
}

async function compile(
  name: string,
  sources: readonly string[],
  output: string,
  folder: string,
  compiler: Compiler,
  signal: AbortSignal,
): Promise<void> {
  await run(compiler.command, [...flags, '-I.', '-o', output, ...sources], {
    doing: `compiling the guest's ${name}`,
    code: 'rootfs-compile',
    compiles: true,
    next: `Correct ${relative(process.cwd(), folder)}; the compiler's words say where. Where nothing was changed there, musl is too old: 1.2.3 is known to do.`,
    cwd: folder,
    signal,
  });
}
