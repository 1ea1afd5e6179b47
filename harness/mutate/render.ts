import type { MutantOutcome, MutantResult, MutationReport } from '../core/mutants.ts';
import { count } from '../core/text.ts';

type Kind = MutantOutcome['kind'];

/** What there is to be counted: mutants that are no other program do not count. */
export interface Score {
  readonly counted: number;
  readonly caught: number;
}

/** Returns how many mutants a case has caught, of those that one could. */
export function scoreOf(mutants: readonly Pick<MutantResult, 'outcome'>[]): Score {
  const counted = mutants.filter(({ outcome }) => outcome.kind !== 'equivalent');
  return {
    counted: counted.length,
    caught: counted.filter(({ outcome }) => outcome.kind === 'caught').length,
  };
}

/** Returns a score in percent, rounded down so that 100 means all. */
export function percentOf({ counted, caught }: Score): string {
  return counted === 0 ? '–' : `${(Math.floor((caught / counted) * 1000) / 10).toFixed(1)} %`;
}

/** Returns the scores of groups of mutants, by name. */
export function scoresBy(
  mutants: readonly MutantResult[],
  nameOf: (mutant: MutantResult) => string,
): ReadonlyMap<string, Score> {
  const groups = new Map<string, MutantResult[]>();
  for (const mutant of mutants) {
    const name = nameOf(mutant);
    groups.set(name, [...(groups.get(name) ?? []), mutant]);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([name, group]) => [name, scoreOf(group)]));
}

/** Returns the name of the patch that a mutant's line is of: `0012 c/r: dump open files`. */
export function patchNames({ patches }: MutationReport): (mutant: MutantResult) => string {
  const names = new Map(
    patches.map(({ number, subject }) => [number, `${String(number).padStart(4, '0')} ${subject}`]),
  );
  return ({ patch }) => names.get(patch ?? 0) ?? 'no patch';
}

/** Returns where a mutant is and what it does: `mm/shmem.c:12, f(): condition-false`. */
export function nameOfMutant({ file, line, function: fn, operator }: MutantResult): string {
  return `${file}:${line}, ${fn}(): ${operator}`;
}

const kindWords: readonly (readonly [Kind, string])[] = [
  ['caught', 'caught'],
  ['survived', 'survived'],
  ['unreached', 'run by no case'],
  ['undecided', 'undecided'],
  ['equivalent', 'equivalent'],
];

/** Returns what a run's last words say of mutants: the score, and each that no case caught. */
export function renderMutants(report: MutationReport): string[] {
  const { base, mutants, all, sample, notTried } = report;
  const score = scoreOf(mutants);
  const drawn = sample === undefined ? '' : `, a sample of seed ${sample.seed}`;
  const counts = kindWords.flatMap(([kind, word]) => {
    const number = mutants.filter(({ outcome }) => outcome.kind === kind).length;
    return number === 0 ? [] : [`${number} ${word}`];
  });
  const row = ([name, each]: readonly [string, Score]) =>
    `  ${percentOf(each).padStart(7)}  ${`${each.caught}/${each.counted}`.padStart(9)}  ${name}`;
  const left = Object.entries(notTried);
  const places = left.reduce((sum, [, where]) => sum + where.length, 0);
  return [
    '',
    `mutants of ${base}: ${score.caught} of ${score.counted} caught, ${percentOf(score)} (${mutants.length} of ${all}${drawn}): ${counts.join(', ')}`,
    ...[...scoresBy(mutants, ({ operator }) => operator)].map(row),
    '',
    ...[...scoresBy(mutants, patchNames(report))].map(row),
    ...(places === 0
      ? []
      : [
          `  ${count(places, 'place')} not tried: ${left.map(([why, where]) => `${why} (${where.length})`).join(', ')}`,
        ]),
    ...mutants.filter(isMissed).flatMap((each) => ['', ...renderMissed(each)]),
  ];
}

/** Whether a mutant is one that the cases ought to have caught. */
export function isMissed({ outcome }: Pick<MutantResult, 'outcome'>): boolean {
  return outcome.kind !== 'caught' && outcome.kind !== 'equivalent';
}

function renderMissed(mutant: MutantResult): string[] {
  return [
    `  ${mutant.id} ${nameOfMutant(mutant)}: ${describeOutcome(mutant.outcome)}`,
    ...mutant.diff.map((line) => `      ${line}`),
  ];
}

/** Returns what became of a mutant as a sentence. */
export function describeOutcome(outcome: MutantOutcome): string {
  switch (outcome.kind) {
    case 'caught':
      return `caught by ${outcome.by}: ${outcome.reason}`;
    case 'survived':
      return `survived ${count(outcome.cases, 'case')}`;
    case 'unreached':
      return 'no case runs its line, of those that were asked about';
    case 'equivalent':
      return `equivalent: ${outcome.reason}`;
    case 'undecided':
      return `undecided: ${outcome.reason}`;
  }
}

/** Returns mutants.json. */
export function renderMutantsJson(reports: readonly MutationReport[]): string {
  return `${JSON.stringify({ version: 1, bases: reports }, null, 1)}\n`;
}
