import { basename } from 'node:path';
import type { ProjectCli } from '../core/project.ts';
import { isLabError } from '../core/errors.ts';
import type { CaseResult } from '../core/events.ts';
import { readHistory, type PastCase, type PastRun } from '../results/history.ts';
import { readRun } from '../results/results-read.ts';
import type { Results } from '../results/results.ts';
import { countVerdicts } from '../results/results-collect.ts';

/** Two runs to be compared. */
export interface Recalled {
  readonly runs: readonly [before: Results, after: Results];
  /** What could not be compared because a run's folder is gone, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads two runs. Of one whose folder is gone, the history under results/ knows verdicts, times
 * and images; whatever else there is to compare is taken from the other, so that it is the same.
 * Throws as readRun() does for one that neither has.
 */
export async function recallRuns(
  [before, after]: readonly [string, string],
  cli: Pick<ProjectCli, 'folder' | 'project'>,
): Promise<Recalled> {
  const [old, fresh] = await Promise.all([recall(before, cli), recall(after, cli)]);
  const lost = [old, fresh].flatMap((each) => ('past' in each ? [each.past.run] : []));
  return {
    runs: [toResults(old, fresh), toResults(fresh, old)],
    notes: lost.map(
      (run) =>
        `the folder of ${run} is gone: only verdicts, times and images of cases that both have run are compared, from results/history.jsonl`,
    ),
  };
}

type Found = { readonly results: Results } | { readonly past: PastRun };

async function recall(word: string, cli: Pick<ProjectCli, 'folder' | 'project'>): Promise<Found> {
  try {
    return { results: (await readRun(word, cli)).results };
  } catch (error) {
    if (!isLabError(error) || error.code !== 'run-missing') throw error;
    const { runs } = await readHistory(cli.project.results);
    const past = runs.find(({ run }) => run === basename(word));
    if (past === undefined) throw error;
    return { past };
  }
}

function toResults(found: Found, other: Found): Results {
  if ('results' in found) return found.results;
  const { past } = found;
  const like = 'results' in other ? other.results : emptyResults(past);
  const cases = past.cases.map(toResult);
  return {
    ...like,
    ...{ run: past.run, time: past.time, command: past.command },
    ...{ exitCode: past.exit as Results['exitCode'], milliseconds: past.milliseconds },
    ...{ totals: countVerdicts(cases.length, cases), cases, missing: [] },
    baseReports: like.baseReports.flatMap((report) => {
      const known = past.bases.find(({ base }) => base === report.base);
      return known === undefined ? [] : [{ ...report, imageKey: known.image ?? report.imageKey }];
    }),
  };
}

function emptyResults({ run, time, command, bases }: PastRun): Results {
  return {
    ...{ version: 1, run, time, command, bases: bases.map(({ base }) => base), finished: true },
    ...{ exitCode: 0, milliseconds: 0, totals: countVerdicts(0, []), environment: {} },
    ...{ notes: [], warnings: [], stages: [], guests: [], cases: [], missing: [] },
    baseReports: bases.flatMap(({ base, image }) => {
      if (image === undefined) return [];
      const facts = { version: '', sourceId: '', origin: '', series: [], rootfsKey: '' };
      return [{ ...facts, base, imageKey: image, kernelWarnings: 0 }];
    }),
  };
}

function toResult({ name, outcome, milliseconds, reason }: PastCase): CaseResult {
  const [file = '', ...words] = name.id.split(' > ');
  return {
    ...{ ...name, file, suite: words.slice(0, -1).join(' > '), test: words.at(-1) ?? '' },
    ...(outcome === 'known' ? { verdict: 'fail', known: reason ?? '' } : { verdict: outcome }),
    ...{ milliseconds, findings: [], console: [], shim: [], rerun: '' },
    ...(reason === undefined ? {} : { reason }),
  };
}
