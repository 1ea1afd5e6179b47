import type { Context } from '../core/context.ts';
import type { ArtefactRules } from '../core/project.ts';
import type { Recorder } from '../coverage/recorder.ts';
import type { LiveGuest, Vigil } from '../guest/live-guest.ts';
import type { Isolation } from '../plan/options.ts';
import type { CaseEnd } from '../results/verdict.ts';
import { countMemories, type MayKeep } from './keep-memory.ts';

/** What the caller of runCases decides. */
export interface RunChoices {
  /** Guests at once. */
  readonly jobs: number;
  readonly isolation: Isolation;
  /** Seconds a case may take on an accelerator of factor 1, unless it says; default 10. */
  readonly deadline?: number | undefined;
  /** What the calibration says deadlines are multiplied by; 1 or more. */
  readonly factor: number;
  /** Stop at the first case that is neither passed nor skipped. */
  readonly bail?: boolean | undefined;
  /** Whether the plan's order is the one to run in. */
  readonly shuffled?: boolean | undefined;
  /** Which run of the same cases this is, from 1, for the names of its guests. */
  readonly round?: number | undefined;
  /** Is let into a guest as its case has left it, if it answers; must not throw. */
  readonly visit?: (guest: LiveGuest, end: CaseEnd) => Promise<void>;
  /** Takes from guests what ran in them; nothing by default. */
  readonly coverage?: Recorder | undefined;
  /** Where what red cases were about is kept; nowhere by default. */
  readonly folder?: string;
  /** How the project finds and shows that. */
  readonly artefacts?: ArtefactRules | undefined;
  /** The kernel calls that the project names; undefined where it names none. */
  readonly calls?: readonly string[] | undefined;
  /** The repository's root. */
  readonly root: string;
}

/** The choices with all times worked out, and whom to tell. */
export interface RunSettings extends Vigil, RunChoices {
  readonly deadline: number;
  readonly mayKeepMemory: MayKeep;
}

/** Seconds. Most cases take less than one: the rest is for a host that does much else. */
const defaultDeadline = 30;
const defaultPatience = 5000;

/** Returns the settings of a run. */
export function settle(
  { emit, signal }: Pick<Context, 'emit' | 'signal'>,
  choices: RunChoices,
): RunSettings {
  const { deadline = defaultDeadline, factor } = choices;
  return {
    ...choices,
    emit,
    signal,
    deadline,
    patience: defaultPatience * factor,
    mayKeepMemory: countMemories(),
  };
}
