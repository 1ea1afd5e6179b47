/** Some of the mutants that follow from a seed. */
export interface MutantRange {
  readonly from: number;
  readonly count: number;
}

/** What a mutant does that none may do. */
export interface FuzzFinding {
  readonly base: string;
  readonly seed: number;
  /** Which mutants it takes: one, unless only several together do it. */
  readonly range: MutantRange;
  /** The mutations that it takes, by their numbers; all of them where that is not known. */
  readonly only?: readonly number[] | undefined;
  /** These mutations in words. */
  readonly mutations: readonly string[];
  /** What was seen: the kernel's first complaint, or what the program or the case says. */
  readonly sign: string;
  /** What the program is told to try the mutant's file again. */
  readonly words: readonly string[];
  /** Slab caches that keep objects of it. */
  readonly leaks: readonly string[];
  /** The folder in which the mutant and this stand, below that of the run. */
  readonly folder?: string | undefined;
}

/** What fuzzing one base came to. */
export interface FuzzReport {
  readonly base: string;
  readonly seed: number;
  /** Good images that the mutants are made of. */
  readonly corpus: number;
  readonly images: number;
  /** Images a second of one guest, while the program ran. */
  readonly rate: number;
  /** How many ended how: `EINVAL`, `restarted`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly FuzzFinding[];
}
