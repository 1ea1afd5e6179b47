/** What a project's lab.config.ts imports. */
import type { ProjectConfig } from './core/project.ts';
import type { Guest } from './suite/contracts.ts';

export type {
  ArtefactPlace,
  ArtefactRules,
  BaseChoice,
  BenchRow,
  BenchRules,
  FuzzRules,
  Headline,
  PerBase,
  ProjectConfig,
  Shim,
} from './core/project.ts';
export type { Fate, StateLedger, StateRow, StructState } from './core/state.ts';

/** Returns a project as it is: it is here for its type. */
export function defineProject<G extends Guest = Guest>(
  project: Omit<ProjectConfig, 'verbs'> & { readonly verbs?: (guest: Guest) => G },
): Omit<ProjectConfig, 'verbs'> & { readonly verbs?: (guest: Guest) => G } {
  return project;
}
