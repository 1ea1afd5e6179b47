import { appendFile } from 'node:fs/promises';
import type { BaseFiles, Listener } from '../events.ts';
import { collectResults } from '../results-collect.ts';
import type { Results } from '../results.ts';
import { writeReports } from './files.ts';
import { pointLatest, pruneRuns, type RunFolder } from './folder.ts';
import { renderAnnotations, renderJobSummary } from './github.ts';
import { createLiveReporter } from './live.ts';
import { createPlainReporter } from './plain.ts';
import type { Reporter } from './reporter.ts';
import { styleFor } from './style.ts';
import { renderSummary } from './summary.ts';

/** Runs whose folders are kept. */
const keptRuns = 20;

export interface ReportOptions {
  /** Absolute path of results/. */
  readonly root: string;
  readonly folder: RunFolder;
  /** Print the results as JSON on stdout, and everything for people on stderr. */
  readonly json: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
}

/** All the consumers of one run's events. */
export interface Report {
  /** Hand these to createStream. */
  readonly listeners: readonly Listener[];
  /**
   * Call it behind the last event: writes the reports, prints the summary, and returns the
   * process's exit status. A report that can't be written makes a green run an error.
   */
  finish(): Promise<0 | 1 | 2 | 3>;
}

/** Returns the consumers of a run's events: the screen that suits the stream, and the reports. */
export function openReport(options: ReportOptions): Report {
  const { json, stdout, stderr, env } = options;
  const screen = json ? stderr : stdout;
  const style = styleFor(screen, env);
  const reporter: Reporter = isLive(screen, env)
    ? createLiveReporter(screen, style)
    : createPlainReporter(screen, style);
  const collector = collectResults();
  const files = new Map<string, BaseFiles>();
  return {
    listeners: [
      collector.listener,
      (event) => {
        if (event.type === 'base-ready') files.set(event.report.base, event.files);
      },
      (event) => reporter.onEvent(event),
    ],
    async finish() {
      await reporter.end?.();
      const results = collector.results();
      const problems = await writeAll(options, results, files);
      const shown = [
        ...renderSummary(results, options.folder.path, style),
        ...problems.map((problem) => `${style.bad('error')} writing the reports: ${problem}`),
      ];
      screen.write(`${shown.join('\n')}\n`);
      if (json) stdout.write(`${JSON.stringify(results)}\n`);
      return results.exitCode === 0 && problems.length > 0 ? 3 : results.exitCode;
    },
  };
}

/** A screen that redraws itself suits a terminal that can, and nobody else. */
function isLive(screen: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  const ci = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
  return screen.isTTY && !ci && env['TERM'] !== 'dumb';
}

async function writeAll(
  { root, folder, stdout, env, json }: ReportOptions,
  results: Results,
  files: ReadonlyMap<string, BaseFiles>,
): Promise<string[]> {
  const problems = await writeReports(results, folder.path, files);
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  await attempt('results/latest', () => pointLatest(root, folder));
  await attempt('removing old runs', () => pruneRuns(root, keptRuns, folder));
  if (env['GITHUB_ACTIONS'] === 'true' && !json)
    for (const line of renderAnnotations(results)) stdout.write(`${line}\n`);
  const summary = env['GITHUB_STEP_SUMMARY'];
  if (summary !== undefined && summary !== '')
    await attempt('the job summary', () => appendFile(summary, renderJobSummary(results)));
  return problems;
}
