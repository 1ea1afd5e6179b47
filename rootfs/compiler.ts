import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchitectureName } from '../harness/core/architectures.ts';
import { labError } from '../harness/core/errors.ts';
import { hashFile } from '../harness/store/cache.ts';
import { run } from './run.ts';
import { defined } from '../harness/core/defined.ts';

/** What turns C into static programs, and what identifies it in a cache key. */
export interface Compiler {
  /** `musl-gcc`, or the path of one that was built for another architecture. */
  readonly command: string;
  readonly architecture: ArchitectureName;
  /** gcc's version and the C library's checksum. */
  readonly identity: string;
}

const doing = 'looking for the C compiler for the guest';
const next =
  'Install it: apt-get install musl-tools, dnf install musl-gcc musl-libc-static, pacman -S musl or zypper install musl-devel.';

/** Returns the machine's own compiler; throws an infrastructure error that tells how to install it. */
export async function findCompiler(signal?: AbortSignal): Promise<Compiler> {
  const command = 'musl-gcc';
  const ask = (program: string, args: readonly string[]): Promise<string> =>
    run(program, args, {
      doing,
      next,
      code: 'rootfs-no-compiler',
      compiles: true,
      ...defined({ signal }),
    });
  const version = await ask(command, ['-dumpfullversion']);
  // What it would do, which gcc says on its standard error: -print-file-name does not know of
  // the places in musl's specs, and names glibc's library.
  const steps = await ask('sh', ['-c', `exec ${command} -static -### -x c /dev/null 2>&1`]);
  const library = await findLibrary(steps);
  return {
    command,
    architecture: 'x86_64',
    identity: `gcc ${version}, libc.a ${await hashFile(library)}`,
  };
}

/**
 * Returns the path of the static C library that a link would use, from the commands gcc
 * prints for `-###`. Throws `rootfs-no-static-library` where there is none.
 */
export async function findLibrary(steps: string): Promise<string> {
  const folders = [...steps.matchAll(/\s"?-L\s*"?([^"\s]+)/g)].map(([, folder = '']) => folder);
  for (const folder of folders) {
    const path = join(folder, 'libc.a');
    if (await isThere(path)) return path;
  }
  throw labError({
    code: 'rootfs-no-static-library',
    fault: 'infrastructure',
    doing,
    what: `musl-gcc is here, but not musl's static library, libc.a, in ${folders.join(' or ') || 'any place it names'}`,
    next: next.replace('Install it', 'Some systems have it in a package of its own'),
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
