import type { Finding } from '../harness/core/finding.ts';
import { decodeStack, formatFrame, type SymbolFiles } from './symbols.ts';
import type { Frame } from '../harness/core/finding.ts';

export { formatFrame } from './symbols.ts';
export type { SymbolFiles } from './symbols.ts';

/**
 * Returns a complaint with its stack decoded: functions with file, line and patch where the
 * symbols know them. As it was without symbols or without a stack. Never throws: an error
 * about a crash must not be lost to one about its decoding.
 */
export async function decodeFinding(
  finding: Finding,
  symbols: SymbolFiles | undefined,
): Promise<Finding> {
  if (symbols === undefined) return finding;
  const decoded = await decodeStack(finding.lines, symbols).catch(() => []);
  const stack = withoutRepeats(decoded.flatMap((line) => line.frames));
  return stack.length === 0 ? finding : { ...finding, stack };
}

/** Returns a decoded complaint's stack as lines of text; none without a stack. */
export function describeStack({ line, stack = [] }: Finding): string[] {
  if (stack.length === 0) return [];
  const blame = blameOf(stack);
  return [
    `decoded stack of "${line.trim()}":`,
    ...surest(stack).map((frame) => `  ${formatFrame(frame)}`),
    ...(blame === undefined ? [] : [blame]),
  ];
}

/** Returns the frames the kernel is sure of; all where it is sure of none. */
export function surest(stack: readonly Frame[]): readonly Frame[] {
  const sure = stack.filter(({ reliable }) => reliable);
  return sure.length === 0 ? stack : sure;
}

/**
 * Returns which patch of the series a stack leads to, in words: the one that wrote the
 * innermost line that the series has written. Often that is where to look, and not always.
 */
export function blameOf(stack: readonly Frame[]): string | undefined {
  const frame = surest(stack).find(({ patch }) => patch !== undefined);
  if (frame?.patch === undefined) return undefined;
  const place = `${frame.file ?? '?'}:${frame.line ?? '?'}`;
  return `introduced by ${frame.patch}: it wrote ${place}, in ${frame.function}()`;
}

/** An oops names its instruction three times: in its header, with the registers, at its end. */
function withoutRepeats(frames: readonly Frame[]): Frame[] {
  const seen = new Set<string>();
  return frames.filter((frame, index) => {
    const text = formatFrame(frame);
    const repeated = text === formatFrame(frames[index - 1] ?? frame) && index > 0;
    const told = seen.has(text) && frame.function === frames[0]?.function;
    seen.add(text);
    return !repeated && !told;
  });
}
