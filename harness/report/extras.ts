import type { Coverage } from '../core/coverage.ts';
import type { MutationReport } from '../core/mutants.ts';

/** What a run may have found out beside verdicts, a value for each base. */
export interface Extras {
  readonly coverages: readonly Coverage[];
  readonly mutations: readonly MutationReport[];
}

export const noExtras: Extras = { coverages: [], mutations: [] };
