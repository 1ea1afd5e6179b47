import kleur from 'kleur';
import { isCi } from './cli-context.ts';

/** Colours by meaning. Each returns its text, coloured or as it was. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly info: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

const same = (text: string): string => text;

/** No colours: for files, logs and pipes. */
export const plainStyle: Style = {
  good: same,
  bad: same,
  warn: same,
  info: same,
  dim: same,
  strong: same,
};

// kleur decides once, at import and from the standard output stream; which stream is
// written to, and whether it takes colours, is decided here instead.
kleur.enabled = true;

const colours: Style = {
  good: (text) => kleur.green(text),
  bad: (text) => kleur.red(text),
  warn: (text) => kleur.yellow(text),
  info: (text) => kleur.cyan(text),
  dim: (text) => kleur.dim(text),
  strong: (text) => kleur.bold(text),
};

/**
 * Returns the style for a stream. NO_COLOR (https://no-color.org) and FORCE_COLOR win, in
 * this order, over what the stream is; a dumb terminal has no colours.
 */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): Style {
  return wantsColour(stream, env) ? colours : plainStyle;
}

/** Tells whether to draw on a stream again and again: on a terminal that can, and not in CI. */
export function isLive(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !isCi(env) && env['TERM'] !== 'dumb';
}

function wantsColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
