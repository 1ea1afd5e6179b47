import type { Coverage } from '../core/coverage.ts';
import type { MutationReport } from '../core/mutants.ts';
import type { Listener } from '../core/events.ts';
import { collectResults } from '../results/results-collect.ts';
import type { Results } from '../results/results.ts';
import { createLiveReporter } from './live.ts';
import { createPlainReporter } from './plain.ts';
import { filesOf, type KeptFile } from './kept-files.ts';
import { writeProgress } from './progress.ts';
import { publish, type Publication } from './publish.ts';
import type { Reporter } from './reporter.ts';
import { isLive, styleFor } from '../core/style.ts';

/** All the consumers of one run's events. */
export interface Report {
  /** Hand these to createStream. */
  readonly listeners: readonly Listener[];
  /** What the run has come to so far. */
  results(): Results;
  /**
   * Call it after the last event: writes the reports, prints the summary, and returns the
   * process's exit status.
   */
  finish(): Promise<Results['exitCode']>;
}

/** Returns the consumers of a run's events: the screen that suits the stream, and the reports. */
export function openReport(publication: Publication): Report {
  const { json, stdout, stderr, env } = publication;
  const screen = json ? stderr : stdout;
  const style = styleFor(screen, env);
  const reporter: Reporter = isLive(screen, env)
    ? createLiveReporter(screen, style)
    : createPlainReporter(screen, style);
  const collector = collectResults();
  const progress = writeProgress(publication.folder.path);
  const files: KeptFile[] = [];
  const coverages: Coverage[] = [];
  const mutations: MutationReport[] = [];
  return {
    listeners: [
      collector.listener,
      (event) => {
        files.push(...filesOf(event));
        if (event.type === 'coverage') coverages.push(event.coverage);
        if (event.type === 'mutants') mutations.push(event.report);
      },
      (event) => reporter.onEvent(event),
      progress.listener,
    ],
    results: () => collector.results(),
    async finish() {
      await reporter.end?.();
      const status = await publish(collector.results(), files, publication, {
        coverages,
        mutations,
      });
      await progress.remove();
      return status;
    },
  };
}
