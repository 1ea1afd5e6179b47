import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { statAnswer } from '../../harness/guest/guest-answers.ts';
import { readGuestFile } from '../../harness/guest/guest-files.ts';
import type { GuestParts } from '../../harness/guest/guest-parts.ts';
import { readBytes } from './image-read.ts';
import { renderImage } from './image-render.ts';
import { plainStyle } from '../../harness/core/style.ts';
import { middleOut } from '../../harness/core/text.ts';
import type { CaseImage } from '../../harness/core/events.ts';

/** Where an image stands in a guest. */
export interface ImagePlace {
  readonly path: string;
  /** Bytes before it. */
  readonly start: number;
}

export interface FetchedImage {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A workload of some MiB is looked into; what is bigger would hold up the run. */
const biggest = 16 * 2 ** 20;

/** Lines of an image's tree that a report shows: what went wrong is at its end. */
const shownHead = 20;
const shownTail = 40;

/** Returns the image that a command of the shim writes or reads, if it does. */
export function imageOfCommand(argv: readonly string[]): ImagePlace | undefined {
  // A program that saves or restarts itself is told so on its input.
  const own = argv[0] === 'input' ? /^(?:checkpoint|restart) .*?(\/\S+)/.exec(argv[2] ?? '') : null;
  if (own?.[1] !== undefined) return { path: own[1], start: 0 };
  const call = argv.findIndex((word) => word === 'checkpoint' || word === 'restart');
  if (call < 0) return undefined;
  const valueOf = (option: string) => {
    const at = argv.indexOf(option, call);
    return at < 0 ? undefined : argv[at + 1];
  };
  const path = valueOf(argv[call] === 'restart' ? '--in' : '--out');
  return path === undefined ? undefined : { path, start: Number(valueOf('--offset') ?? 0) };
}

/** Reads an image out of the guest; undefined where there is none, or it is too big. */
export async function fetchImage(
  parts: GuestParts,
  { path, start }: ImagePlace,
): Promise<FetchedImage | undefined> {
  const { size } = await parts.call(statAnswer, ['stat', path]);
  if (size === undefined || size <= start || size > biggest) return undefined;
  return { path, bytes: await readGuestFile(parts, path, start) };
}

/** Returns an image as a report shows it, kept in a folder under a name if there is a folder. */
export async function describeImage(
  { path, bytes }: FetchedImage,
  keep: { readonly folder: string; readonly name: string } | undefined,
): Promise<CaseImage> {
  const lines = renderImage(readBytes(bytes), false, plainStyle);
  const file = keep === undefined ? undefined : join(keep.folder, keep.name);
  if (file !== undefined && keep !== undefined) {
    await mkdir(keep.folder, { recursive: true });
    await writeFile(file, bytes);
  }
  return {
    path,
    lines: middleOut(lines, shownHead, shownTail, '`lab image` shows them'),
    ...(file === undefined ? {} : { file: basename(file) }),
  };
}
