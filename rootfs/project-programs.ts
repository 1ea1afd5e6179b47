import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Context } from '../harness/core/context.ts';
import { isLabError, labError, reportOf } from '../harness/core/errors.ts';
import type { ProjectProgram } from '../harness/core/project.ts';
import { keep, keyOf } from '../harness/store/cache.ts';
import type { Compiler } from './compiler.ts';
import { readShared, type Program, type Shared } from './programs.ts';
import { run } from './run.ts';

/** Warnings are shown, and are no errors: they are the project's to judge. */
const flags = [
  '-std=gnu11',
  '-D_GNU_SOURCE',
  '-Os',
  '-g0',
  '-Wall',
  '-static',
  '-fno-pie',
  '-no-pie',
  // What is shared is linked with each, and taken by few.
  '-ffunction-sections',
  '-fdata-sections',
  '-Wl,--gc-sections',
];

/**
 * Compiles a project's own programs, static, and returns them in the project's order. Throws
 * `program-unbuilt` (usage) with the compiler's words, and for a name that the guest has already.
 */
export async function buildProjectPrograms(
  programs: readonly ProjectProgram[],
  taken: readonly string[],
  context: Pick<Context, 'home' | 'signal'>,
  compiler: Compiler,
): Promise<readonly Program[]> {
  refuseTaken(programs, taken);
  const shared = await readShared();
  return Promise.all(programs.map((program) => build(program, context, compiler, shared)));
}

/** Throws `program-unbuilt` (usage) for a program whose name another of the guest's has. */
export function refuseTaken(
  programs: readonly { readonly name: string }[],
  taken: readonly string[],
): void {
  const clash = programs.find(({ name }) => taken.includes(name));
  if (clash !== undefined)
    throw unbuilt(
      clash.name,
      `the guest has a program called ${clash.name} already`,
      'Give the C file another name.',
    );
}

async function build(
  { name, files }: ProjectProgram,
  { home, signal }: Pick<Context, 'home' | 'signal'>,
  compiler: Compiler,
  shared: Shared,
): Promise<Program> {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  const headers = (
    await Promise.all(
      folders.map(async (folder) =>
        (await readdir(folder))
          .filter((file) => file.endsWith('.h'))
          .map((file) => join(folder, file)),
      ),
    )
  ).flat();
  const read = async (file: string) => [basename(file), await readFile(file, 'utf8')] as const;
  const texts = await Promise.all([...files, ...headers].sort().map(read));
  // Who takes nothing of it may give its own functions the same names.
  const takes = texts.some(([, text]) => /^#include "common\//m.test(text));
  const key = keyOf({ compiler: compiler.identity, flags, name, texts, shared: shared.texts });
  const { path } = await keep(home.rootfs, `${name}-${key}`, async (fresh) => {
    const output = join(fresh, name);
    const sources = ['-I', shared.folder, ...files, ...(takes ? shared.sources : [])];
    await run(compiler.command, [...flags, '-s', '-o', output, ...sources], {
      doing: `compiling the project's ${name}`,
      code: 'program-unbuilt',
      compiles: true,
      next: 'Correct it; the compiler is musl-gcc, which links statically.',
      signal,
    }).catch((error: unknown) => {
      if (!isLabError(error)) throw error;
      throw labError({ ...reportOf(error), code: 'program-unbuilt', fault: 'usage', cause: error });
    });
  });
  return { name, path: join(path, name) };
}

function unbuilt(name: string, what: string, next: string): Error {
  return labError({
    ...{ code: 'program-unbuilt', fault: 'usage', doing: `compiling the project's ${name}` },
    what,
    next,
  });
}
