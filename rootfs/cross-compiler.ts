import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { architectures, toolFor, type ArchitectureName } from '../harness/core/architectures.ts';
import type { Context } from '../harness/core/context.ts';
import { keep, keyOf } from '../harness/store/cache.ts';
import { findCompiler, type Compiler } from './compiler.ts';
import { pins } from './pins.ts';
import { run } from './run.ts';
import { obtainSource } from './sources.ts';
import { withSource } from './unpacked.ts';

/** Raised when the same inputs come to mean another library. */
const recipe = 1;

/**
 * Returns the compiler of an architecture's guests: the machine's own, or musl's wrapper of a cross
 * compiler, with a C library that is built here at the first call. Throws what findCompiler() and
 * obtainSource() throw, and infrastructure errors with the words of a build that fails.
 */
export async function findCompilerFor(
  architecture: ArchitectureName,
  context: Context,
): Promise<Compiler> {
  const { target } = architectures[architecture];
  if (target === undefined) return findCompiler(context.signal);
  const { home, signal } = context;
  const asked = {
    doing: `building musl for ${architecture} guests`,
    next: 'The words above are its own; `lab doctor` says what an architecture needs.',
    signal,
  };
  const gcc = toolFor(architecture, 'gcc');
  const version = await run(gcc, ['-dumpfullversion'], {
    ...asked,
    code: 'rootfs-no-compiler',
    compiles: true,
  });
  const source = await obtainSource(pins.musl, context);
  // Its wrapper names files by their whole paths.
  const name = `musl-${keyOf({ recipe, sha256: source.sha256, target, version, home: home.rootfs })}`;
  const prefix = join(home.rootfs, name);
  const make = async (fresh: string): Promise<void> => {
    context.emit({ type: 'note', text: asked.doing });
    await withSource('musl', source, asked, async ({ tree, jobs, shell }) => {
      const choices = [
        `--prefix=${prefix}`,
        `--target=${target}`,
        '--disable-shared',
        // It is not made by itself where there are no headers of another C library.
        '--enable-wrapper=gcc',
        `CROSS_COMPILE=${target}-`,
      ];
      await shell('./configure', choices);
      await shell('make', [jobs]);
      const staged = join(tree, 'staged');
      await shell('make', ['install', `DESTDIR=${staged}`]);
      await cp(join(staged, prefix), fresh, { recursive: true });
    });
  };
  await keep(home.rootfs, name, make);
  return {
    command: join(prefix, 'bin', 'musl-gcc'),
    architecture,
    identity: `${gcc} ${version}, musl ${source.sha256}`,
  };
}
