import type { Mutant } from './mutant.ts';

/** The variable of the kernel that says which mutant is on; 0 for none. */
export const switchName = 'lab_mutant';

/** A mutant with the value of the variable that turns it on, from 1. */
export interface NumberedMutant extends Mutant {
  readonly number: number;
}

/** Returns an expression of C that holds while a mutant is on. It declares what it reads. */
export function switchOf(number: number): string {
  return `({ extern unsigned int ${switchName}; ${switchName} == ${number}u; })`;
}

/**
 * Returns a file with all of its mutants in it, each behind its switch. With none on it is the
 * program that it was; lines keep their numbers.
 */
export function writeSwitches(
  text: string,
  mutants: readonly NumberedMutant[],
  switchText: (number: number) => string = switchOf,
): string {
  const spots = new Map<string, Spot>();
  for (const mutant of mutants) {
    const { start, end } = mutant;
    const key = `${start} ${end}`;
    const spot = spots.get(key) ?? { start, end, mutants: [] };
    spots.set(key, spot);
    spot.mutants.push(mutant);
  }
  const ordered = [...spots.values()].sort((a, b) => a.start - b.start || b.end - a.end);
  let next = 0;
  /** Writes the text from `from` to `to`, and the spots that begin in it. */
  const write = (from: number, to: number): string => {
    let written = '';
    let at = from;
    for (let spot = ordered[next]; spot !== undefined && spot.start < to; spot = ordered[next]) {
      next += 1;
      written += text.slice(at, spot.start);
      written += wrap(spot, write(spot.start, spot.end), switchText);
      at = spot.end;
    }
    return written + text.slice(at, to);
  };
  return write(0, text.length);
}

/** Returns a file with one mutant in the place of what it changes: what a person reads. */
export function applyMutant(text: string, { start, end, after }: Mutant): string {
  return text.slice(0, start) + after + text.slice(end);
}

interface Spot {
  readonly start: number;
  readonly end: number;
  readonly mutants: NumberedMutant[];
}

function wrap({ mutants }: Spot, inner: string, switchText: (number: number) => string): string {
  const isStatement = mutants.some(({ how }) => how.kind === 'statement');
  if (isStatement) {
    const branches = mutants.map(
      ({ number, how }) => `if (${switchText(number)}) { ${how.text} } else`,
    );
    return `{ ${branches.join(' ')} ${inner} }`;
  }
  const branches = mutants.map(
    ({ number, how }) => `${switchText(number)} ? ${bracket(how.text)} :`,
  );
  // Asked only whether it is 0, a pointer is as good as a number.
  const isTruth = mutants.some(({ how }) => how.kind === 'truth');
  return `(${branches.join(' ')} ${isTruth ? '!!' : ''}(${inner}))`;
}

function bracket(text: string): string {
  return /^\w+$/.test(text) ? text : `(${text})`;
}
