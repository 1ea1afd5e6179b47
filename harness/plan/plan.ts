import type { ErrorReport, PlannedCase } from '../core/events.ts';
import type { CaseFile } from '../suite/host-protocol.ts';
import { findKnown, findStale, type KnownFailure } from './known.ts';
import type { ListedCase, Listing, Mistake } from '../suite/listing.ts';
import { labError } from '../core/errors.ts';
import { findPatches, findUnmet, namesOf } from './needs.ts';
import type { BaseOffer } from './needs.ts';
import { describeLooks, describeRerun, type Circumstances } from './rerun.ts';
import type { Shard } from './shard.ts';
import { shuffle } from './shuffle.ts';
import { defined } from '../core/defined.ts';
import type { Headline } from '../core/project.ts';

/** A case as the runner takes it. */
export interface PlanEntry {
  readonly planned: PlannedCase;
  /** Subjects of the patches it needs. */
  readonly patches?: readonly string[];
  readonly file: CaseFile;
  /** Seconds it may take on an accelerator of factor 1, if not the default. */
  readonly seconds?: number;
  /** Where it runs in a guest that all cases share. */
  readonly place?: 'first' | 'last';
  /** Why it will be skipped. */
  readonly unmet?: string;
  /** Why it can't be run at all. */
  readonly mistake?: ErrorReport;
  /** Whether a change since its file passed last can touch it; undefined where nobody knows. */
  readonly affected?: boolean;
  /** The earlier run it passed in, under conditions that still hold. */
  readonly proven?: { readonly run: string; readonly milliseconds: number };
  readonly attempt?: { readonly number: number; readonly of: number };
  /** Its entry in the list of known failures. */
  readonly known?: KnownFailure;
  /** What to type to run this case alone. */
  readonly rerun: string;
  /** What to type to look closer: gdb where it begins, a shell in its guest. */
  readonly look: readonly string[];
}

export interface Plan {
  readonly entries: readonly PlanEntry[];
  readonly warnings: readonly string[];
}

export interface PlanOptions {
  readonly listing: Listing;
  /** All the files of the listing. */
  readonly files: readonly CaseFile[];
  readonly bases: readonly BaseOffer[];
  readonly grep?: RegExp | undefined;
  readonly repeat?: number | undefined;
  readonly shard?: Shard | undefined;
  /** A seed; without one, cases run in their files' order. */
  readonly shuffle?: number | undefined;
  readonly headline?: Headline | undefined;
  /** What the commands that come back to a case have to say. */
  readonly circumstances?: Circumstances;
  /** Whether `.only` is a mistake. */
  readonly ci: boolean;
  readonly known?: readonly KnownFailure[];
  /** Whether the listing is of all cases there are: else an entry's case may be elsewhere. */
  readonly whole?: boolean;
  /** Last durations in milliseconds by `base id`. */
  readonly durations: Readonly<Record<string, number>>;
}

/**
 * Returns the cases to run, in the order in which their results are told. Mistakes in case
 * files are entries too, so that each shows up as an error. Throws a `usage` error if
 * nothing is left to run: a run of no cases must not look like one that went well.
 */
export function buildPlan(options: PlanOptions): Plan {
  const { listing, bases, grep, shard, repeat = 1, shuffle: seed } = options;
  const only = listing.cases.filter((each) => each.only);
  const mistakes = [
    ...listing.mistakes,
    ...(options.ci ? only.map(onlyMistake) : []),
    ...(options.whole === true ? findStale(options.known ?? [], listing.cases) : []),
  ];
  const wanted = only.length > 0 && !options.ci ? only : listing.cases;
  // A case that a mistake is about is told once, as that mistake.
  const cases = wanted.filter((each) => !mistakes.some((mistake) => isAbout(mistake, each)));
  const all = bases.flatMap((base) => [
    ...mistakes.map((mistake) => planMistake(mistake, base, options)),
    ...cases.map((each) => planCase(each, base, options)),
  ]);
  const chosen = all
    .filter(({ planned }) => grep === undefined || matches(grep, planned.id))
    .filter((_, index) => shard === undefined || index % shard.of === shard.index - 1);
  if (chosen.length === 0) throw nothingToRun(mistakes.length + cases.length, shard);
  const ordered =
    seed === undefined ? inFileOrder(chosen, options.files) : inAnyOrder(chosen, seed);
  return {
    entries: repeatAll(ordered, repeat),
    warnings: options.ci
      ? []
      : only.map(({ file, test }) => `${file}: only "${test}" is run: .only`),
  };
}

/** Returns the key of a case's duration. */
export function durationKey({ base, id }: PlannedCase): string {
  return `${base} ${id}`;
}

function planCase(each: ListedCase, base: BaseOffer, options: PlanOptions): PlanEntry {
  const { file, suite, test, seconds, skip, needs } = each;
  const unmet = skip ?? findUnmet(needs, base);
  const entry = planEntry(file, suite, test, base, options);
  const known = findKnown(options.known ?? [], entry.planned, namesOf(base));
  const patches = findPatches(needs, base);
  const place = needs.find(({ allInOne }) => allInOne !== undefined)?.allInOne;
  return {
    ...entry,
    ...defined({ place }),
    ...(patches.length === 0 ? {} : { patches }),
    ...defined({ seconds, unmet, known }),
  };
}

function planMistake(mistake: Mistake, base: BaseOffer, options: PlanOptions): PlanEntry {
  const { file, suite = '(file)', test = '(suite)', code, what, next } = mistake;
  const error = { code, fault: 'case' as const, doing: `reading ${file}`, what, next };
  return { ...planEntry(file, suite, test, base, options), mistake: error };
}

function planEntry(
  name: string,
  suite: string,
  test: string,
  { name: base }: BaseOffer,
  { files, durations, circumstances, headline }: PlanOptions,
): PlanEntry {
  const id = `${name} > ${suite} > ${test}`;
  const file = files.find((candidate) => candidate.name === name) ?? { name, path: name };
  const expected = durations[`${base} ${id}`];
  const planned = {
    id,
    base,
    file: name,
    suite,
    test,
    ...defined({ expected, headline: isHeadline(headline, id) ? headline?.name : undefined }),
  };
  return {
    planned,
    file,
    rerun: describeRerun(planned, circumstances),
    look: describeLooks(planned, circumstances),
  };
}

function isHeadline(headline: Headline | undefined, id: string): boolean {
  return headline !== undefined && matches(headline.cases, id);
}

function isAbout({ file, suite, test }: Mistake, each: ListedCase): boolean {
  if (file !== each.file || suite !== each.suite) return false;
  return test === undefined || test === each.test;
}

function onlyMistake({ file, suite, test }: ListedCase): Mistake {
  const what = `"${test}" is marked .only, which would leave the other cases out`;
  return { file, suite, test, code: 'only-left-in', what, next: 'Take the .only away.' };
}

function matches(grep: RegExp, id: string): boolean {
  return new RegExp(grep.source, grep.flags.replace(/[gy]/g, '')).test(id);
}

function inFileOrder(entries: readonly PlanEntry[], files: readonly CaseFile[]): PlanEntry[] {
  const fileOf = new Map(files.map(({ name }, index) => [name, index]));
  const bases = [...new Set(entries.map(({ planned }) => planned.base))];
  const baseRank = ({ planned }: PlanEntry) => bases.indexOf(planned.base);
  const fileRank = ({ planned }: PlanEntry) => fileOf.get(planned.file) ?? 0;
  return [...entries].sort(
    (a, b) => baseRank(a) - baseRank(b) || placeRank(a) - placeRank(b) || fileRank(a) - fileRank(b),
  );
}

function inAnyOrder(entries: readonly PlanEntry[], seed: number): PlanEntry[] {
  return [...shuffle(entries, seed)].sort((a, b) => placeRank(a) - placeRank(b));
}

function placeRank({ place }: PlanEntry): number {
  return place === undefined ? 0 : place === 'first' ? -1 : 1;
}

/** In rounds, so that a run that is cut short has seen every case as often as the others. */
function repeatAll(entries: readonly PlanEntry[], of: number): readonly PlanEntry[] {
  if (of <= 1) return entries;
  const rounds = Array.from({ length: of }, (_, index) => ({ number: index + 1, of }));
  return rounds.flatMap((attempt) => entries.map((entry) => ({ ...entry, attempt })));
}

function nothingToRun(found: number, shard: Shard | undefined): Error {
  const where = shard === undefined ? '' : ` in part ${shard.index} of ${shard.of}`;
  return labError({
    code: 'no-cases',
    fault: 'usage',
    doing: 'choosing the cases',
    what: found === 0 ? 'there are none' : `none of the ${found} cases is left${where}`,
    next: 'Loosen --grep, name other files, or split into fewer parts.',
  });
}
