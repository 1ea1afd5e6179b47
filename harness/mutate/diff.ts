import type { Mutant } from './mutant.ts';
import { applyMutant } from './switches.ts';

/** Returns the lines of a file that a mutant changes, with `-`, and what they become, with `+`. */
export function diffOf(text: string, mutant: Mutant): string[] {
  const changed = applyMutant(text, mutant);
  const first = text.lastIndexOf('\n', mutant.start - 1) + 1;
  const end = endOfLine(text, mutant.end);
  const before = text.slice(first, end).split('\n');
  const after = changed.slice(first, end + changed.length - text.length).split('\n');
  return [
    ...before.map((line) => `-${line}`),
    ...after.filter((line) => line.trim() !== '').map((line) => `+${line}`),
  ];
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
