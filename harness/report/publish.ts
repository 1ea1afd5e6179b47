import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { renderCoverage } from '../coverage/render.ts';
import { renderMutants } from '../mutate/render.ts';
import type { Results } from '../results/results.ts';
import { noExtras, type Extras } from './extras.ts';
import { writeReports } from './files.ts';
import { pointLatest, pruneRuns, type RunFolder } from './folder.ts';
import type { KeptFile } from './kept-files.ts';
import { renderAnnotations, renderJobSummary } from './github.ts';
import { reportOf, isLabError } from '../core/errors.ts';
import { styleFor } from '../core/style.ts';
import { addToHistory, readHistory, type History } from '../results/history.ts';
import { findNews } from '../results/trends.ts';
import { renderNews } from './news.ts';
import { renderSummary } from './summary.ts';

/** Runs whose folders are kept. */
const keptRuns = 20;

/** The only folder that old runs are removed from: another one belongs to whoever named it. */
const defaultRoot = resolve(import.meta.dirname, '../../results');

/** Runs that a run is compared with, and that its page draws: all would be a second's work. */
const recentRuns = 200;

/** Where a run's reports go. */
export interface Publication {
  /** Absolute path of results/. */
  readonly root: string;
  readonly folder: RunFolder;
  /** Print the results as JSON on stdout, and everything for people on stderr. */
  readonly json: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Returns the names of the runs whose folders outlive their turn: proofs rest on them. */
  readonly provingRuns: () => Promise<ReadonlySet<string>>;
}

/**
 * Writes a run's reports, prints its summary, and returns the process's exit status. A
 * report that can't be written makes a green run an error.
 */
export async function publish(
  results: Results,
  files: readonly KeptFile[],
  publication: Publication,
  extras: Extras = noExtras,
): Promise<Results['exitCode']> {
  const { json, stdout, stderr, env, folder } = publication;
  const screen = json ? stderr : stdout;
  const style = styleFor(screen, env);
  const { root } = publication;
  // It is about runs that are over: what goes wrong with it is no matter of this one.
  const lost: string[] = [];
  const whole = await readHistory(root).catch(noting(lost, { runs: [] }));
  const history = { runs: whole.runs.slice(-recentRuns) };
  const problems = await writeAll(results, files, extras, history, publication);
  await addToHistory(root, [results]).catch(noting(lost, undefined));
  const shown = [
    ...extras.coverages.flatMap(renderCoverage),
    ...extras.mutations.flatMap(renderMutants),
    ...renderSummary(
      results,
      folder.path,
      style,
      renderNews(findNews(history, results), results.bases.length > 1, style),
    ),
    ...new Set(lost.map((text) => `${style.warn('warning')} no history: ${text}`)),
    ...problems.map((problem) => `${style.bad('error')} writing the reports: ${problem}`),
  ];
  screen.write(`${shown.join('\n')}\n`);
  if (json) stdout.write(`${JSON.stringify(results)}\n`);
  return results.exitCode === 0 && problems.length > 0 ? 3 : results.exitCode;
}

/** Returns what takes an error down and goes on with a value. */
function noting<T>(lost: string[], value: T): (error: unknown) => T {
  return (error) => {
    if (isLabError(error)) lost.push(`${reportOf(error).what}; ${reportOf(error).next}`);
    else lost.push(error instanceof Error ? error.message : String(error));
    return value;
  };
}

async function writeAll(
  results: Results,
  files: readonly KeptFile[],
  extras: Extras,
  history: History,
  { root, folder, stdout, env, json, provingRuns }: Publication,
): Promise<string[]> {
  const problems = await writeReports(results, folder.path, files, extras, history);
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  await attempt('results/latest', () => pointLatest(root, folder));
  if (root === defaultRoot)
    await attempt('removing old runs', async () => {
      const named = await provingRuns();
      await pruneRuns(root, { newest: keptRuns, current: folder, named, now: new Date() });
    });
  if (env['GITHUB_ACTIONS'] === 'true' && !json)
    for (const line of renderAnnotations(results)) stdout.write(`${line}\n`);
  const summary = env['GITHUB_STEP_SUMMARY'];
  if (summary !== undefined && summary !== '')
    await attempt('the job summary', () => appendFile(summary, renderJobSummary(results)));
  return problems;
}
