import { appendFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '../core/defined.ts';
import type { CaseResult, LabEvent, Listener } from '../core/events.ts';
import { findSelf } from '../core/process-id.ts';

/** What a run says of itself while it goes on, for whoever looks at it from outside. */
export interface Progress {
  readonly listener: Listener;
  /** The reports are written: they have all of it. */
  remove(): Promise<void>;
}

/** What a run's file of progress is called in its folder: there is none once it has ended. */
export const progressName = 'progress.jsonl';

/**
 * Returns a listener that writes a run's events into its folder, a line each, without what only
 * reports show: consoles, images, command lines. The first line names the process. A disk that
 * does not take them costs the onlooker, not the run.
 */
export function writeProgress(folder: string): Progress {
  const path = join(folder, progressName);
  let lost = false;
  const append = (value: unknown): void => {
    if (lost) return;
    try {
      appendFileSync(path, `${JSON.stringify(value)}\n`);
    } catch {
      lost = true;
    }
  };
  const self = findSelf().then((word) => append({ process: word ?? '' }));
  return {
    listener: (event) => {
      const slim = slimEvent(event);
      if (slim !== undefined) append(slim);
    },
    remove: async () => {
      await self;
      lost = true;
      await rm(path, { force: true });
    },
  };
}

function slimEvent(event: LabEvent): LabEvent | undefined {
  switch (event.type) {
    case 'base-ready':
    case 'coverage':
    case 'mutants':
    case 'against':
    case 'environment':
    case 'console-finding':
      return undefined;
    case 'case-ended':
      return { ...event, result: slimResult(event.result) };
    case 'guest-started':
      return { ...event, commandLine: [], manual: '' };
    case 'stage-failed':
      return { ...event, files: {} };
    case 'run-started':
    case 'run-ended':
    case 'note':
    case 'warning':
    case 'stage-started':
    case 'stage-progress':
    case 'stage-ended':
    case 'calibrated':
    case 'estimated':
    case 'cases-planned':
    case 'guest-ready':
    case 'guest-ended':
    case 'case-started':
      return event;
  }
}

function slimResult(result: CaseResult): CaseResult {
  const { id, base, file, suite, test, verdict, milliseconds, rerun } = result;
  const { reason, known, provenIn, attempt, guest } = result;
  return {
    ...{ id, base, file, suite, test, verdict, milliseconds, rerun },
    ...defined({ reason, known, provenIn, attempt, guest }),
    ...{ findings: [], console: [], shim: [] },
  };
}
