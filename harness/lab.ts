import type { Cli } from './cli-context.ts';
import { labError } from './errors.ts';
import type { RunOptions } from './options.ts';

/** Runs the pipeline and returns the exit status. */
export function runLab(options: RunOptions, cli: Cli): Promise<0 | 1 | 2 | 3> {
  throw labError({
    code: 'stages-not-wired',
    fault: 'infrastructure',
    doing: cli.command,
    what: `the stages for ${options.base ?? 'any base'} are not wired together yet`,
    next: 'Use lab doctor meanwhile.',
  });
}
