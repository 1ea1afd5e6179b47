import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { architectures } from '../harness/core/architectures.ts';
import { labError } from '../harness/core/errors.ts';
import type { Recipe } from './recipe.ts';

/** The name under which the list of applets is kept beside the program. */
export const appletList = 'busybox.applets';

/** Where its build lists what it answers to: a program of another architecture can't be asked. */
const links = 'busybox.links';

/** A shell and tools for who looks around in a guest. */
export const busybox: Recipe = {
  name: 'busybox',
  config: 'busybox.config',
  module: import.meta.filename,
  build: async ({ tree, config, compiler, jobs, shell }) => {
    // The version string holds the time of configuration: the same inputs must give the same bytes.
    const env = { SOURCE_DATE_EPOCH: '0' };
    const { target } = architectures[compiler.architecture];
    const tools = [
      `CC=${compiler.command}`,
      'HOSTCC=gcc',
      ...(target === undefined ? [] : [`CROSS_COMPILE=${target}-`]),
    ];
    const make = (...words: string[]) => shell('make', [...words, ...tools], env);
    // mke2fs includes it and uses nothing of it; musl's compiler does not see the kernel's headers.
    const unused = join(tree, 'include', 'linux', 'fs.h');
    await mkdir(dirname(unused), { recursive: true });
    await writeFile(unused, '');
    await make('allnoconfig');
    const file = join(tree, '.config');
    const settings = readSettings(await readFile(config, 'utf8'));
    await writeFile(file, replaceSettings(await readFile(file, 'utf8'), settings));
    await shell('sh', ['-c', `yes '' | make oldconfig ${tools.join(' ')}`], env);
    refuseLost(await readFile(file, 'utf8'), settings, config);
    await make(jobs);
    await make(links);
    await writeFile(join(tree, appletList), appletsIn(await readFile(join(tree, links), 'utf8')));
    return ['busybox', appletList];
  },
};

/** Returns the names, sorted, of a list of paths: `/usr/bin/awk`. */
function appletsIn(paths: string): string {
  const names = paths.split('\n').map((path) => basename(path));
  return [...new Set(names)]
    .filter((name) => name !== '')
    .sort()
    .map((name) => `${name}\n`)
    .join('');
}

/** Returns the `CONFIG_NAME=value` lines of a fragment of `NAME` and `NAME=value` lines. */
function readSettings(fragment: string): readonly string[] {
  const lines = fragment.split('\n').filter((line) => /^[A-Z]/.test(line));
  return lines.map((line) => (line.includes('=') ? `CONFIG_${line}` : `CONFIG_${line}=y`));
}

function replaceSettings(old: string, settings: readonly string[]): string {
  const names = new Set(settings.map((setting) => setting.slice(0, setting.indexOf('='))));
  const kept = old.split('\n').filter((line) => !names.has(/CONFIG_\w+/.exec(line)?.[0] ?? ''));
  return [...kept, ...settings, ''].join('\n');
}

/** Throws a config error that names the settings which oldconfig has dropped. */
function refuseLost(text: string, settings: readonly string[], config: string): void {
  const lines = new Set(text.split('\n'));
  const lost = settings.filter((setting) => !lines.has(setting));
  if (lost.length === 0) return;
  throw labError({
    code: 'rootfs-busybox-config',
    fault: 'config',
    doing: 'configuring busybox for the guest',
    what: `this version does not take ${lost.join(', ')}`,
    next: `Correct ${config}.`,
  });
}
