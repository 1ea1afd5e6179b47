import { hashFile } from '../harness/store/cache.ts';
import { run } from './run.ts';

/** What turns C into static programs, and what identifies it in a cache key. */
export interface Compiler {
  readonly command: 'musl-gcc';
  /** gcc's version and the C library's checksum. */
  readonly identity: string;
}

/** Returns the compiler; throws an infrastructure error that tells how to install it. */
export async function findCompiler(signal?: AbortSignal): Promise<Compiler> {
  const command = 'musl-gcc';
  const ask = (argument: string): Promise<string> =>
    run(command, [argument], {
      doing: 'looking for the C compiler for the guest',
      code: 'rootfs-no-compiler',
      compiles: true,
      next: 'Install it: apt-get install musl-tools, dnf install musl-gcc or pacman -S musl.',
      ...(signal === undefined ? {} : { signal }),
    });
  const [version, library] = await Promise.all([
    ask('-dumpfullversion'),
    ask('-print-file-name=libc.a'),
  ]);
  return { command, identity: `gcc ${version}, libc.a ${await hashFile(library)}` };
}
