import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { toolFor } from '../../harness/core/architectures.ts';
import { labError } from '../../harness/core/errors.ts';
import type { Context } from '../../harness/core/context.ts';
import { toolEnvironment } from '../../harness/core/tool-environment.ts';
import { installHints, managerOf, readOsRelease } from '../../harness/setup/packages.mjs';
import { findCommand, isPresent } from '../../harness/setup/probe.mjs';
import { architectureTools, clang } from '../../harness/setup/tools.mjs';
import type { Base, PatchedTree } from '../base.ts';
import { compilerOf } from '../bases/build-with.ts';
import type { BuildFolder } from './build-folder.ts';

const execute = promisify(execFile);

/**
 * Returns what tells one compiler from another: the first lines of its and the linker's
 * --version. Throws `tool-missing`.
 */
export async function identifyCompiler(base: Base): Promise<string> {
  requireTools(base);
  const tools =
    compilerOf(base) === 'clang'
      ? ['clang', 'ld.lld']
      : ['gcc', 'ld'].map((tool) => toolFor(base.architecture, tool));
  const lines = await Promise.all(
    tools.map(async (tool) => {
      try {
        const { stdout } = await execute(tool, ['--version'], {
          env: { ...process.env, LC_ALL: 'C' },
        });
        return stdout.split('\n')[0] ?? '';
      } catch (cause) {
        throw labError({
          code: 'tool-missing',
          fault: 'infrastructure',
          doing: 'looking for the compiler',
          what: `${tool} cannot be run`,
          next: 'Run `npm run lab -- doctor` to see what is missing and how to install it.',
          cause,
        });
      }
    }),
  );
  return lines.join('; ');
}

/**
 * Throws `tool-missing`, with the command that installs it, where not all is there that a base
 * needs beside what every run does: clang, or what another architecture wants.
 */
export function requireTools(base: Base): void {
  const wanted = [
    ...(compilerOf(base) === 'clang' ? [clang] : []),
    ...architectureTools[base.architecture],
  ];
  const absent = wanted.filter((tool) => !isPresent(tool));
  const missing = absent
    .flatMap(({ commands = [] }) => commands)
    .filter((name) => findCommand(name) === undefined);
  if (absent.length === 0) return;
  const names = absent.map(({ name }) => name).join(' and ');
  throw labError({
    code: 'tool-missing',
    fault: 'infrastructure',
    doing: `looking for what ${base.name} needs`,
    what: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not on PATH`,
    next: `Install ${names}: ${installHints(absent, managerOf(readOsRelease())).join(', or ')}`,
  });
}

/**
 * Returns make's arguments for a tree and its build folder. Source paths are cut from what
 * the compiler writes, so that an oops names `kernel/fork.c` and the same series has the
 * same image in every lab home.
 */
export function makeArguments(
  tree: PatchedTree,
  folder: BuildFolder,
  withCcache: boolean,
): string[] {
  const { base } = tree.source;
  const maps = [`-ffile-prefix-map=${tree.path}/=`, `-ffile-prefix-map=${folder.path}=.`];
  const ccache = withCcache ? ['ccache'] : [];
  return [
    '-C',
    tree.path,
    `O=${folder.path}`,
    `CC=${[...ccache, ...base.compiler, ...maps].join(' ')}`,
    `HOSTCC=${[...ccache, ...base.hostCompiler].join(' ')}`,
    ...Object.entries(base.pinnedTime.objects).map(([object, flags]) =>
      `HOSTCFLAGS_${object}=${flags} -include ${folder.pinned}/time.h`.replace('= ', '='),
    ),
    ...Object.entries(base.makeVariables).map(([name, value]) => `${name}=${value}`),
  ];
}

/** Returns the environment of a build: ccache in the lab home, and nothing that makes it differ. */
export function buildEnvironment(
  base: Base,
  context: Context,
  pinned: string,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const { PATH = '', ...rest } = toolEnvironment(env);
  const hasPinned = Object.keys(base.pinnedCommands).length > 0;
  return {
    ...rest,
    PATH: hasPinned ? `${pinned}${delimiter}${PATH}` : PATH,
    LC_ALL: 'C',
    TZ: 'UTC',
    // 2.6.30 writes the date into .config.
    KCONFIG_NOTIMESTAMP: '1',
    CCACHE_DIR: context.home.ccache,
    // Another build folder must not mean another object.
    CCACHE_NOHASHDIR: '1',
    // The compiler's bytes, not its date: an unpacked container has new dates.
    CCACHE_COMPILERCHECK: 'content',
    CCACHE_MAXSIZE: '5G',
  };
}
