import type { ArtefactPlace, ArtefactRules } from '../../harness/project.ts';
import { plainStyle } from '../../harness/core/style.ts';
import { readBytes } from './image-read.ts';
import { renderImage } from './image-render.ts';

/** How the image that a red case was about is found and shown. */
export const images: ArtefactRules = {
  name: 'image',
  placeOf: imageOfCommand,
  describe: (bytes) => renderImage(readBytes(bytes), false, plainStyle),
  more: '`lab image` shows them',
};

/** Returns the image that a command of the shim writes or reads, if it does. */
export function imageOfCommand(argv: readonly string[]): ArtefactPlace | undefined {
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
