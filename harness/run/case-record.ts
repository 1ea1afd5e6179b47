import type { CaseResult, Verdict } from '../core/events.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { CaseRun } from './run-case.ts';
import type { RunSettings } from './run-settings.ts';
import { applyKnown } from '../plan/known.ts';
import { isRed } from '../results/outcome.ts';
import { judge } from '../results/verdict.ts';
import type { CaseEnd, Observed } from '../results/verdict.ts';
import { defined } from '../core/defined.ts';

/** Where results go as they come; each entry of the plan gets exactly one. */
export interface CaseRecord {
  add(entry: PlanEntry, observed: Observed, run?: RanIn): Verdict;
  /** Adds the result of a case that never began. */
  addUnrun(entry: PlanEntry, end: CaseEnd): Verdict;
  /** Takes note of a case that is red already, though not yet judged for good. */
  suspect(entry: PlanEntry, observed: Observed): void;
  readonly results: ReadonlyMap<PlanEntry, CaseResult>;
  /** The first case that was neither passed, skipped nor left out. */
  readonly firstRed: () => string | undefined;
}

interface RanIn extends Pick<
  CaseRun,
  'milliseconds' | 'console' | 'shim' | 'artefact' | 'otherArtefacts'
> {
  readonly guest: string;
}

/** Returns an empty record that tells each result as it is added. */
export function createRecord({ emit }: Pick<RunSettings, 'emit'>): CaseRecord {
  const results = new Map<PlanEntry, CaseResult>();
  let red: string | undefined;
  const add: CaseRecord['add'] = (entry, observed, run) => {
    const { id, base, file, suite, test, headline } = entry.planned;
    const judgement = applyKnown(judge(observed), entry.known);
    const { before, during, after, end } = observed;
    const proven = end.kind === 'proven' ? entry.proven : undefined;
    const result: CaseResult = {
      id,
      base,
      file,
      suite,
      test,
      ...judgement,
      milliseconds: run?.milliseconds ?? proven?.milliseconds ?? 0,
      findings: [...before, ...during, ...after],
      console: run?.console ?? [],
      shim: judgement.verdict === 'pass' ? [] : (run?.shim ?? []),
      rerun: entry.rerun,
      look: entry.look,
      ...defined({
        headline,
        patches: entry.patches,
        guest: run?.guest,
        artefact: run?.artefact,
        otherArtefacts: run?.otherArtefacts,
        attempt: entry.attempt,
        provenIn: proven?.run,
      }),
    };
    if (results.has(entry)) throw new Error(`two results of ${id}`);
    results.set(entry, result);
    if (isRed(result)) red ??= id;
    emit({ type: 'case-ended', result });
    return result.verdict;
  };
  return {
    add,
    addUnrun: (entry, end) => add(entry, { end, during: [], before: [], after: [], leftovers: [] }),
    suspect: ({ planned, known }, observed) => {
      if (isRed(applyKnown(judge(observed), known))) red ??= planned.id;
    },
    results,
    firstRed: () => red,
  };
}
