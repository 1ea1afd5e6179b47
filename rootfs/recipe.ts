import type { Compiler } from './compiler.ts';
import type { pins } from './pins.ts';

/** How a program of others' is built. Whatever a recipe says is an input of its cache key. */
export interface Recipe {
  readonly name: keyof typeof pins;
  /** File in rootfs/config. */
  readonly config: string;
  /** The file that holds this recipe. */
  readonly module: string;
  /** Builds in an unpacked tree and returns the names of the files to keep. */
  readonly build: (workshop: Workshop) => Promise<readonly string[]>;
}

/** Where a recipe works and what with. Paths are absolute. */
export interface Workshop {
  readonly tree: string;
  readonly config: string;
  readonly compiler: Compiler;
  /** make's `-jN`. */
  readonly jobs: string;
  /** Runs a program in the tree and returns its output; throws an infrastructure error. */
  readonly shell: (
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<string>;
}
