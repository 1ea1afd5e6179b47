import { defined } from '../core/defined.ts';
import type { CaseResult } from '../core/events.ts';
import {
  compareTimes,
  keyOf,
  placeOf,
  type CaseName,
  type History,
  type PastCase,
  type PastRun,
} from './history.ts';
import { badness, isRed, outcomeOf, wasNotRun, type Outcome } from './outcome.ts';
import type { Results } from './results.ts';

/** A case in one run of the past: what it came to at worst. */
export interface Point {
  readonly run: PastRun;
  readonly outcome: Outcome;
  /** The median of the times it passed in, else the first. */
  readonly milliseconds: number;
  readonly reason?: string;
  /** How often it passed there, and how often it was run. */
  readonly passed: number;
  readonly ran: number;
}

/** What is known of one case on one base, the oldest first. */
export interface CaseHistory extends CaseName {
  readonly points: readonly Point[];
}

/** A verdict that is another than the one before. */
export interface Turn extends CaseName {
  readonly before: Point;
  readonly after: Point;
}

/** A case that passes and does not under the same conditions. */
export interface Flake extends CaseName {
  readonly passed: number;
  readonly ran: number;
  /** The newest run in which it did not pass. */
  readonly run: PastRun;
}

/** A case that takes longer than it did. */
export interface Slower extends CaseName {
  /** What it usually took, milliseconds. */
  readonly usual: number;
  readonly now: number;
}

/** A case's time is news if it moved by half and by a tenth of a second: less is noise. */
export const notable = { share: 1.5, milliseconds: 100 } as const;

/** Earlier runs that a usual time is made of. */
const usualRuns = 5;

/** Cases it takes to say that all of a run is slower: its machine had less for it. */
const wholeRun = 20;

/** Returns what is known of each case; of runs of one kind only, where one is given. */
export function findCases(
  { runs }: History,
  wants: (run: PastRun) => boolean = () => true,
): Map<string, CaseHistory> {
  const cases = new Map<string, { name: CaseName; points: Point[] }>();
  // A file's name of a case is one object in all runs, and by far the quicker key.
  const seen = new Map<CaseName, Point[]>();
  const pointsOf = (name: CaseName): Point[] => {
    const known = cases.get(keyOf(name)) ?? { name, points: [] };
    cases.set(keyOf(name), known);
    return known.points;
  };
  for (const run of runs.filter(wants))
    for (const attempts of groupByName(run.cases)) {
      const { name } = attempts[0];
      const points = seen.get(name) ?? pointsOf(name);
      seen.set(name, points);
      points.push(pointOf(run, attempts));
    }
  return new Map([...cases].map(([key, { name, points }]) => [key, { ...name, points }]));
}

type Attempts = readonly [PastCase, ...PastCase[]];

function groupByName(cases: readonly PastCase[]): readonly Attempts[] {
  const groups = new Map<CaseName, [PastCase, ...PastCase[]]>();
  for (const each of cases) {
    const group = groups.get(each.name);
    if (group === undefined) groups.set(each.name, [each]);
    else group.push(each);
  }
  return [...groups.values()];
}

function pointOf(run: PastRun, attempts: Attempts): Point {
  const worst = attempts.reduce((a, b) => (badness[b.outcome] > badness[a.outcome] ? b : a));
  const passed = attempts.filter(({ outcome }) => outcome === 'pass');
  const times = passed.map(({ milliseconds }) => milliseconds);
  const { outcome, reason } = worst;
  return {
    ...{ run, outcome, milliseconds: median(times) ?? worst.milliseconds },
    ...(reason === undefined ? {} : { reason }),
    ...{ passed: passed.length, ran: attempts.length },
  };
}

/** Tells whether two runs judge the same: the same kind of run of the same bases' kernels. */
export function isSameKind(a: { readonly kind?: string }, b: { readonly kind?: string }): boolean {
  return (a.kind ?? '') === (b.kind ?? '');
}

/** What a run shows that the ones before it did not. */
export interface News {
  /** Runs that it was compared with, the newest first; none: there is nothing to compare with. */
  readonly since: readonly string[];
  readonly red: readonly NewVerdict[];
  readonly green: readonly NewVerdict[];
  readonly slower: readonly (Slower & { readonly result: CaseResult })[];
  /** What all of the run's times were divided by: above 1 the machine had less for it. */
  readonly factor: number;
}

export interface NewVerdict {
  readonly result: CaseResult;
  /** Its last verdict; none of a case that was not there before. */
  readonly before?: Point;
}

/**
 * Returns what is new in a run, each case compared with the last time it was judged on its base
 * in a run of the same kind. A case that was not run, because it had passed before, is no news.
 */
export function findNews(history: History, results: Results): News {
  const earlier = findCases(
    history,
    (run) => run.run !== results.run && run.time < results.time && isSameKind(run, results),
  );
  const judged = [...groupResults(results.cases)].map(([key, attempts]) => ({
    result: attempts.reduce((a, b) => (rankOf(b) > rankOf(a) ? b : a)),
    now: median(attempts.filter(isPass).map(({ milliseconds }) => milliseconds)) ?? 0,
    points: earlier.get(key)?.points ?? [],
  }));
  const compared = judged.filter(({ points }) => points.length > 0);
  const since = compared.flatMap(({ points }) => points.at(-1)?.run ?? []);
  const turned = (wants: (result: CaseResult, wasRed: boolean) => boolean): NewVerdict[] =>
    judged
      .map(({ result, points }) => ({ result, ...defined({ before: points.at(-1) }) }))
      .filter(({ result, before }) =>
        wants(result, before !== undefined && isRedOutcome(before.outcome)),
      );
  const { factor, slower } = findSlower(
    compared
      .filter(({ result }) => isPass(result))
      .map(({ result, now, points }) => ({
        ...{ item: result, base: result.base, id: result.id, now },
        usual: usualTime(points, placeOf(results)),
      })),
  );
  return {
    since: newestFirst(since).map(({ run }) => run),
    // A first run of its kind has nothing that is new.
    red: compared.length === 0 ? [] : turned((result, wasRed) => isRed(result) && !wasRed),
    green: turned((result, wasRed) => isPass(result) && wasRed),
    slower: slower.map(({ item, ...times }) => ({ ...times, result: item })),
    factor,
  };
}

function groupResults(cases: readonly CaseResult[]): Map<string, [CaseResult, ...CaseResult[]]> {
  const groups = new Map<string, [CaseResult, ...CaseResult[]]>();
  for (const result of cases) {
    if (result.provenIn !== undefined || wasNotRun(result)) continue;
    const group = groups.get(keyOf(result));
    if (group === undefined) groups.set(keyOf(result), [result]);
    else group.push(result);
  }
  return groups;
}

/** What a case took lately at a place, where it passed; undefined if that is not known. */
function usualTime(points: readonly Point[], place: string): number | undefined {
  const passed = points.filter(({ run, passed }) => passed > 0 && (run.place ?? '') === place);
  return median(passed.slice(-usualRuns).map(({ milliseconds }) => milliseconds));
}

interface Timed<T> extends CaseName {
  readonly item: T;
  readonly usual: number | undefined;
  readonly now: number;
}

/** Returns what became slower than everything did, the worst first. */
function findSlower<T>(timed: readonly Timed<T>[]): {
  readonly factor: number;
  readonly slower: readonly (Slower & { readonly item: T })[];
} {
  const known = timed.flatMap(({ usual, ...rest }) =>
    usual === undefined || usual === 0 ? [] : [{ ...rest, usual }],
  );
  const ratios = known.map(({ now, usual }) => now / usual);
  const factor = known.length < wholeRun ? 1 : Math.max(1, median(ratios) ?? 1);
  const slower = known
    .filter(({ now, usual }) => {
      const fair = now / factor;
      return fair >= usual * notable.share && fair - usual >= notable.milliseconds;
    })
    .sort((a, b) => b.now / b.usual - a.now / a.usual);
  return { factor, slower };
}

/** What a history shows as a whole. */
export interface Trends {
  /** Cases that were red when they were judged last, and since when. */
  readonly red: readonly (CaseName & {
    readonly last: Point;
    /** The first red one of them in a row. */
    readonly since: Point;
    /** The last one before that, which was not red; none: it was never seen green. */
    readonly good?: Point;
  })[];
  /** Verdicts that changed, the newest first. */
  readonly turns: readonly Turn[];
  /** The flakiest first. */
  readonly flakes: readonly Flake[];
  /** Cases that take longer than they did before their last runs, the worst first. */
  readonly slower: readonly Slower[];
  /** What all of the last times were divided by to find those. */
  readonly factor: number;
}

/** Returns what a history shows. Only runs of the same kind are compared with each other. */
export function findTrends(history: History): Trends {
  const kinds = [...new Set(history.runs.map(({ kind }) => kind ?? ''))];
  const plain = findCases(history, ({ kind }) => kind === undefined);
  const all = kinds.flatMap((kind) => [
    ...(kind === '' ? plain : findCases(history, (run) => run.kind === kind)).values(),
  ]);
  const turns = all.flatMap(turnsOf).sort((a, b) => compareTimes(b.after.run, a.after.run));
  const { slower, factor } = findSlower(
    [...plain.values()].flatMap(({ base, id, points }) => {
      const place = points.at(-1)?.run.place ?? '';
      const here = times(
        points.filter(({ run, passed }) => passed > 0 && (run.place ?? '') === place),
      );
      const last = Math.min(usualRuns, here.length >> 1);
      // One time against one other is noise.
      const now = last < 2 ? undefined : median(here.slice(-last));
      if (now === undefined) return [];
      return [{ item: id, base, id, now, usual: median(here.slice(0, -last)) }];
    }),
  );
  return {
    red: [...plain.values()].flatMap(redOf),
    turns,
    flakes: all.flatMap(flakeOf).sort((a, b) => a.passed / a.ran - b.passed / b.ran),
    slower: slower.map(({ base, id, usual, now }) => ({ base, id, usual, now })),
    factor,
  };
}

function times(points: readonly Point[]): number[] {
  return points.map(({ milliseconds }) => milliseconds);
}

/** Returns where a case's verdict went from red to another or back. */
export function turnsOf({ base, id, points }: CaseHistory): Turn[] {
  return points.flatMap((after, index) => {
    const before = points[index - 1];
    if (before === undefined || isRedOutcome(before.outcome) === isRedOutcome(after.outcome))
      return [];
    return [{ base, id, before, after }];
  });
}

function redOf({ base, id, points }: CaseHistory): Trends['red'] {
  const last = points.at(-1);
  if (last === undefined || !isRedOutcome(last.outcome)) return [];
  const good = points.findLast(({ outcome }) => !isRedOutcome(outcome));
  const since = points[good === undefined ? 0 : points.indexOf(good) + 1] ?? last;
  return [{ base, id, last, since, ...(good === undefined ? {} : { good }) }];
}

/** The same kernel and the same commit, nothing changed in it: what differs then is chance. */
function flakeOf({ base, id, points }: CaseHistory): Flake[] {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const image = point.run.bases.find((each) => each.base === base)?.image;
    const { commit, run } = point.run;
    const fixed = commit !== undefined && !commit.includes(' ') && image !== undefined;
    const key = fixed ? `${commit} ${image}` : run;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  const mixed = [...groups.values()].filter((group) => {
    const passed = sum(group.map((point) => point.passed));
    return passed > 0 && group.some(({ outcome }) => isRedOutcome(outcome));
  });
  const within = mixed.flat();
  const run = within.findLast(({ outcome }) => isRedOutcome(outcome))?.run;
  if (run === undefined) return [];
  const passed = sum(within.map((point) => point.passed));
  return [{ base, id, passed, ran: sum(within.map(({ ran }) => ran)), run }];
}

/** Tells whether a verdict counts as red. */
export function isRedOutcome(outcome: Outcome): boolean {
  return outcome === 'fail' || outcome === 'error';
}

function isPass({ verdict }: CaseResult): boolean {
  return verdict === 'pass';
}

function rankOf(result: CaseResult): number {
  return badness[outcomeOf(result)];
}

function newestFirst(runs: readonly PastRun[]): PastRun[] {
  return [...new Set(runs)].sort((a, b) => compareTimes(b, a));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Returns the middle of some numbers; undefined of none. */
export function median(numbers: readonly number[]): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined || sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}
