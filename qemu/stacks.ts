import type { Finding } from './classify.ts';
import { decodeStack, formatFrame, type SymbolFiles } from './symbols.ts';

export type { SymbolFiles } from './symbols.ts';

/**
 * Returns a complaint's stack as lines of text, functions with file and line where the
 * symbols know them; empty without symbols or without a stack. Never throws: an error
 * about a crash must not be lost to one about its decoding.
 */
export async function explainStack(
  finding: Finding,
  symbols: SymbolFiles | undefined,
): Promise<string[]> {
  if (symbols === undefined) return [];
  const decoded = await decodeStack(finding.lines, symbols).catch(() => []);
  const frames = decoded.flatMap((line) => line.frames);
  if (frames.length === 0) return [];
  return [
    `decoded stack of "${finding.line.trim()}":`,
    ...frames.map((frame) => `  ${formatFrame(frame)}`),
  ];
}
