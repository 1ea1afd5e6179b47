import type { Compiler } from './compiler.ts';
import type { pins } from './pins.ts';
import type { Unpacked } from './unpacked.ts';

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

/** Where a recipe works and what with. */
export interface Workshop extends Unpacked {
  /** The recipe's file in rootfs/config, absolute. */
  readonly config: string;
  readonly compiler: Compiler;
}
