/** What a measurement came to, in its row's unit. */
export interface Sample {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly values: readonly number[];
}

/** Returns the middle of some measurements and how far they lie apart. Throws for none. */
export function summarise(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const [least] = sorted;
  const most = sorted.at(-1);
  if (least === undefined || most === undefined) throw new RangeError('nothing was measured');
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? least;
  const lower = sorted[Math.ceil(middle) - 1] ?? least;
  return { median: (lower + upper) / 2, least, most, values };
}

/** Runs work that many times, one after another, and returns what each run measured. */
export async function repeat(
  times: number,
  work: (turn: number) => Promise<number>,
): Promise<number[]> {
  const values: number[] = [];
  for (let turn = 0; turn < times; turn++) values.push(await work(turn));
  return values;
}

/** Returns the milliseconds that work took. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
