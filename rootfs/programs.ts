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
  '-Os',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-static',
  '-fno-pie',
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
 * in the source folder is a program; so is a folder, of all .c files in it. Headers in the
 * source folder belong to every one of them. Throws an infrastructure error with the
 * compiler's words.
 */
export async function buildPrograms(
  context: Context,
  compiler: Compiler,
  folder = sourceFolder,
): Promise<readonly Program[]> {
  const files = (await readdir(folder, { recursive: true }))
    .filter((file) => /\.[ch]$/.test(file))
    .sort();
  const texts = new Map(
    await Promise.all(
      files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const),
    ),
  );
  const shared = files.filter((file) => !file.includes('/') && file.endsWith('.h'));
  const names = [
    ...new Set(
      files.filter((file) => !shared.includes(file)).map((file) => file.replace(/\.c$|\/.*/, '')),
    ),
  ];
  return Promise.all(
    names.map(async (name) => {
      const own = files.filter((file) => file === `${name}.c` || file.startsWith(`${name}/`));
      const inputs = Object.fromEntries([...shared, ...own].map((file) => [file, texts.get(file)]));
      const key = keyOf({ compiler: compiler.identity, flags, inputs });
      const { path } = await keep(context.home.rootfs, `${name}-${key}`, async (fresh) => {
        const sources = own.filter((file) => file.endsWith('.c'));
        await compile(name, sources, join(fresh, name), folder, compiler, context.signal);
      });
      return { name, path: join(path, name) };
    }),
  );
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
