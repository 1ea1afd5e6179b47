import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../core/context.ts';
import { labError } from '../core/errors.ts';
import { run } from '../core/run.ts';
import { findQemu } from '../../qemu/program.ts';
import { keep, keyOf } from '../store/cache.ts';

/** Where the plugin's source is. */
export const pluginSource = join(import.meta.dirname, '../../qemu/plugin');

const compiler = 'gcc';
const flags = [
  ...['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror'],
  ...['-fPIC', '-shared', '-fvisibility=hidden', '-pthread'],
];

/** Returns which of the two forms of its plugin interface a QEMU takes: qemu-api.h knows both. */
export function interfaceOf({ major, minor }: { major: number; minor: number }): 1 | 7 {
  return major > 11 || (major === 11 && minor >= 1) ? 7 : 1;
}

/**
 * Compiles QEMU's plugin, or takes it from the lab home, and returns its path. Throws
 * `plugin-compile` with the compiler's words, and `tool-missing`.
 */
export async function buildPlugin(
  { home, signal }: Pick<Context, 'home' | 'signal'>,
  folder = pluginSource,
): Promise<string> {
  const files = (await readdir(folder)).filter((file) => /\.[ch]$/.test(file)).sort();
  const texts = await Promise.all(
    files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const),
  );
  const { stdout: version } = await run(compiler, ['-dumpfullversion', '-dumpmachine'], { signal });
  const form = `-DQEMU_PLUGIN_API=${interfaceOf(await findQemu())}`;
  const key = keyOf({ flags, form, texts, version });
  const { path } = await keep(home.rootfs, `plugin-${key}`, async (fresh) => {
    const sources = files.filter((file) => file.endsWith('.c')).map((file) => join(folder, file));
    const output = join(fresh, 'coverage.so');
    const ended = await run(compiler, [...flags, form, '-o', output, ...sources], { signal });
    if (ended.status !== 0) throw notCompiled(ended.stderr);
  });
  return join(path, 'coverage.so');
}

function notCompiled(words: string): Error {
  return labError({
    code: 'plugin-compile',
    fault: 'infrastructure',
    doing: "compiling QEMU's plugin",
    what: `${compiler} refuses it`,
    next: "Correct qemu/plugin; the compiler's words say where.",
    details: words.split('\n').slice(0, 20),
  });
}
