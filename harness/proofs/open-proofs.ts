import { basename } from 'node:path';
import type { GuestOptions } from '../guest/boot-guest.ts';
import { isCi } from '../core/cli-context.ts';
import type { Context } from '../core/context.ts';
import type { CaseResult } from '../core/events.ts';
import { engineRoot } from '../core/places.ts';
import type { Project, ProjectCli } from '../core/project.ts';
import type { CaseFile } from '../suite/host-protocol.ts';
import type { RunOptions } from '../plan/options.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { agreeing, readJudgeKey, readProofKeys } from './proof-key.ts';
import { applyProofs, keepProofs } from './proofs.ts';
import { count } from '../core/text.ts';
import type { RunChoices } from '../run/run-settings.ts';

/** What earlier runs have proven, as one run uses it and adds to it. */
export interface Proofs {
  /** Returns the plan's entries, those that need not run again with their proof, and says so. */
  apply(planned: readonly PlanEntry[]): Promise<readonly PlanEntry[]>;
  /** Keeps what this run has proven. */
  keep(entries: readonly PlanEntry[], results: readonly CaseResult[]): Promise<void>;
}

export interface ProofInputs {
  readonly files: readonly CaseFile[];
  readonly guests: GuestOptions;
  readonly choices: RunChoices;
  readonly options: RunOptions;
  readonly cli: ProjectCli;
  /** What findJudge returned when the run began. */
  readonly judge: string | undefined;
}

/**
 * Returns the key of the lab's own code, which judges this run; undefined for a run that
 * neither rests on proofs nor makes them. Only a plain one does: who names cases, repeats
 * or shuffles them wants to see them run.
 */
export async function findJudge(
  options: RunOptions,
  project: Pick<Project, 'root' | 'cases'>,
): Promise<string | undefined> {
  return isPlain(options) ? readJudgeKey(engineRoot, project) : undefined;
}

/** Returns the proofs of a run. Whatever has been proven, CI runs all, and so does --fresh. */
export async function openProofs(
  { files, guests, choices, options, cli, judge }: ProofInputs,
  { home, emit }: Pick<Context, 'home' | 'emit'>,
): Promise<Proofs> {
  const keyOf = await readProofKeys(files, guests, choices, judge);
  return {
    apply: async (planned) => {
      if (options.fresh || isCi(cli.env)) return planned;
      const entries = await applyProofs(planned, keyOf, home);
      const proven = entries.filter((entry) => entry.proven !== undefined).length;
      if (proven > 0)
        emit({
          type: 'note',
          text: `${count(proven, 'case')} passed in earlier runs, and nothing they depend on has changed: not run again (--fresh runs them)`,
        });
      return entries;
    },
    keep: async (entries, results) => {
      const evidence = { run: basename(guests.folder), entries, results };
      const now = await findJudge(options, cli.project);
      const after = await readProofKeys(files, guests, choices, now);
      await keepProofs(evidence, agreeing(keyOf, after), home);
    },
  };
}

/** Whether files are run as always: all of them, all of their cases, once and in order. */
function isPlain(options: RunOptions): boolean {
  const { files, grep, repeat, untilFail, shard, shuffle, isolate } = options;
  const narrowed = files.length > 0 || grep !== undefined || shard !== undefined;
  const varied = repeat > 1 || untilFail || shuffle !== undefined || isolate === 'none';
  return !narrowed && !varied;
}
