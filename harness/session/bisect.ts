/** What is known of a prefix of the series: `unsure` where repeats disagree. */
export type PrefixVerdict = 'good' | 'bad' | 'skip' | 'unsure';

export type BisectStep =
  | {
      readonly kind: 'test';
      /** The number of the prefix's last patch. */
      readonly number: number;
      /** Patches that are still suspects once it is known, at most. */
      readonly left: number;
      /** About how many tests those will take. */
      readonly steps: number;
    }
  | { readonly kind: 'found'; readonly number: number }
  /** Those that lie between can't be tested: any of these may be it. */
  | { readonly kind: 'several'; readonly numbers: readonly number[] };

export type BisectEnd =
  | Exclude<BisectStep, { readonly kind: 'test' }>
  /** The last prefix does not show it: there is nothing to look for. */
  | { readonly kind: 'not-red'; readonly verdict: Exclude<PrefixVerdict, 'bad'> }
  /** Red as soon as it can be tested, at this prefix. */
  | { readonly kind: 'always-red'; readonly number: number };

export interface BisectRange {
  /** The shortest prefix that the case can run on. */
  readonly first: number;
  readonly last: number;
}

/**
 * Returns what to do next, given the longest prefix known to be good, the shortest known to
 * be bad, and those that tell nothing.
 */
export function nextStep(good: number, bad: number, untold: ReadonlySet<number>): BisectStep {
  const between = range(good + 1, bad - 1);
  const open = between.filter((number) => !untold.has(number));
  if (between.length === 0) return { kind: 'found', number: bad };
  if (open.length === 0) return { kind: 'several', numbers: range(good + 1, bad) };
  const middle = (good + bad) / 2;
  const number = open.reduce((best, each) =>
    Math.abs(each - middle) < Math.abs(best - middle) ? each : best,
  );
  const left = Math.max(number - good, bad - number) - 1;
  return { kind: 'test', number, left, steps: Math.round(Math.log2(left + 1)) };
}

/**
 * Searches for the first prefix at which `judge` says bad, asking as seldom as it can, and
 * returns what it found. Both ends are judged before anything between them, so that no
 * verdict is taken for granted.
 */
export async function bisect(
  { first, last }: BisectRange,
  judge: (number: number) => Promise<PrefixVerdict>,
  tell: (step: Extract<BisectStep, { readonly kind: 'test' }>) => void = () => undefined,
): Promise<BisectEnd> {
  const atLast = await judge(last);
  if (atLast !== 'bad') return { kind: 'not-red', verdict: atLast };
  const untold = new Set<number>();
  let bad = last;
  let good = first;
  // The shortest prefix that tells anything is the end to search from.
  for (; good < bad; good += 1) {
    const verdict = await judge(good);
    if (verdict === 'good') break;
    if (verdict === 'bad') return alwaysRed(first, good);
  }
  if (good >= bad) return alwaysRed(first, bad);
  for (;;) {
    const step = nextStep(good, bad, untold);
    if (step.kind !== 'test') return step;
    tell(step);
    const verdict = await judge(step.number);
    if (verdict === 'good') good = step.number;
    else if (verdict === 'bad') bad = step.number;
    else untold.add(step.number);
  }
}

/** Red at the first prefix that tells: any of those before it may have brought it. */
function alwaysRed(first: number, number: number): BisectEnd {
  return number === first
    ? { kind: 'always-red', number }
    : { kind: 'several', numbers: range(first, number) };
}

/** Returns the verdict that repeats come to: those that tell nothing don't count. */
export function agree(verdicts: readonly PrefixVerdict[]): PrefixVerdict {
  const telling = new Set(verdicts.filter((verdict) => verdict !== 'skip'));
  if (telling.size > 1) return 'unsure';
  const [only = 'skip'] = telling;
  // A single verdict beside one that tells nothing has not been repeated.
  return verdicts.every((verdict) => verdict === only) ? only : 'unsure';
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);
}
