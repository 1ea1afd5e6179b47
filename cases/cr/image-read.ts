import { readFile } from 'node:fs/promises';
import type { ParsedImage } from './contracts.ts';
import { labError } from '../../harness/core/errors.ts';
import type { GrownImage } from './image-compare.ts';
import { growTree } from './image-tree.ts';
import { parseImage } from './image.ts';

export interface ReadImage extends GrownImage {
  readonly parsed: ParsedImage;
}

/** Reads an image, whole or broken. Throws a `usage` error if there is no such file. */
export async function readImage(path: string): Promise<ReadImage> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw labError({
      code: 'image-unreadable',
      fault: 'usage',
      doing: 'reading a checkpoint image',
      what: cause instanceof Error ? cause.message : String(cause),
      next: 'Name a file that sys_checkpoint has written.',
      cause,
    });
  });
  return readBytes(bytes);
}

/** Returns an image, whole or broken, from its bytes. */
export function readBytes(bytes: Uint8Array): ReadImage {
  const parsed = parseImage(bytes);
  return { bytes, parsed, nodes: growTree(parsed.objects) };
}
