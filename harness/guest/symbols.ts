import type { Image } from '../../kernel/base.ts';
import { createBlame } from '../../kernel/tree/blame.ts';
import { nameOfPatch } from '../../kernel/series/series.ts';
import type { SymbolFiles } from '../../qemu/stacks.ts';
import type { Context } from '../core/context.ts';

/** Returns where an image's addresses lead, and which patch wrote what is there. */
export function symbolsOf(image: Image, context: Context): SymbolFiles {
  const { vmlinux, systemMap, source, series } = image;
  const blame = createBlame(source, series, context);
  return {
    architecture: image.base.architecture,
    vmlinux,
    systemMap,
    blame: async (lines) =>
      (await blame(lines)).map((patch) => (patch === undefined ? undefined : nameOfPatch(patch))),
  };
}
