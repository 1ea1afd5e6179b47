import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Context } from '../harness/context.ts';
import { keep, keyOf } from '../harness/cache.ts';
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

/** A program of the lab's own: name and path of the static binary. */
export interface Program {
  readonly name: string;
  readonly path: string;
}

/**
 * Compiles the guest's own programs, all at once, and returns them sorted by name. A .c file
 * in the source folder is a program; so is a folder, of all .c files in it and in `common`.
 * Throws an infrastructure error with the compiler's words.
 */
export async function buildPrograms(
  context: Pick<Context, 'home' | 'signal'>,
  compiler: Compiler,
  folder = sourceFolder,
): Promise<readonly Program[]> {
  const texts = await readSources(folder);
  const files = [...texts.keys()];
  const isShared = (file: string) => file.startsWith('common/') || /^[^/]+\.h$/.test(file);
  const names = new Set(
    files.filter((file) => !isShared(file)).map((file) => file.replace(/\.c$|\/.*/, '')),
  );
  return Promise.all(
    [...names].map(async (name) => {
      const inputs = files.filter(
        (file) => isShared(file) || file === `${name}.c` || file.startsWith(`${name}/`),
      );
      const key = keyOf({
        compiler: compiler.identity,
        flags,
        texts: inputs.map((file) => [file, texts.get(file)]),
      });
      const { path } = await keep(context.home.rootfs, `${name}-${key}`, async (fresh) => {
        const sources = inputs.filter((file) => file.endsWith('.c'));
        await compile(name, sources, join(fresh, name), folder, compiler, context.signal);
      });
      return { name, path: join(path, name) };
    }),
  );
}

async function readSources(folder: string): Promise<ReadonlyMap<string, string>> {
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
    next: `Correct ${relative(process.cwd(), folder)}; the compiler's words say where.`,
    cwd: folder,
    signal,
  });
}
