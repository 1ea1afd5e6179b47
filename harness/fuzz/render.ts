import type { FuzzReport } from '../core/fuzz.ts';
import { count } from '../core/text.ts';

/** Returns what fuzzing a base came to, for the terminal. */
export function renderFuzz({
  base,
  seed,
  corpus,
  images,
  rate,
  counts,
  findings,
}: FuzzReport): string[] {
  const ends = Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, number]) => `${number} ${name}`);
  return [
    `fuzz of ${base}: ${count(images, 'mutant')} of ${count(corpus, 'image')}, seed ${seed}, ${rate} a second in a guest: ${ends.join(', ')}`,
    ...findings.flatMap(({ sign, range, mutations }) => [
      `found: mutant ${range.from}${range.count > 1 ? ` and the ${range.count - 1} after it` : ''}: ${sign}`,
      ...mutations.map((each) => `    ${each}`),
    ]),
  ];
}
