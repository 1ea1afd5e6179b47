import { dir } from 'tmp-promise';
import { affordableCompilers } from '../harness/core/host-share.ts';
import { run, type RunOptions } from './run.ts';
import type { ToolSource } from './sources.ts';

/** A source that is unpacked, and what builds it. */
export interface Unpacked {
  /** Absolute. */
  readonly tree: string;
  /** make's `-jN`. */
  readonly jobs: string;
  /** Runs a program in the tree and returns its output; throws an infrastructure error. */
  readonly shell: (
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<string>;
}

/** Unpacks a source for as long as it takes to build it. Throws what `work` throws. */
export async function withSource<T>(
  name: string,
  { archive }: Pick<ToolSource, 'archive'>,
  asked: Pick<RunOptions, 'doing' | 'next' | 'signal'>,
  work: (unpacked: Unpacked) => Promise<T>,
): Promise<T> {
  const { path: tree, cleanup } = await dir({ prefix: `cr-lab-${name}-`, unsafeCleanup: true });
  const shell: Unpacked['shell'] = (program, args, env = {}) =>
    run(program, args, { ...asked, code: 'rootfs-tool-build', compiles: true, cwd: tree, env });
  try {
    await shell('tar', ['--extract', '--strip-components=1', '--file', archive]);
    return await work({ tree, jobs: `-j${affordableCompilers()}`, shell });
  } finally {
    await cleanup();
  }
}
