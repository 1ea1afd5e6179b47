import { dir } from 'tmp-promise';
import type { Cli } from '../core/cli-context.ts';
import type { Context } from '../core/context.ts';
import { labError } from '../core/errors.ts';
import { createStream } from '../core/events.ts';
import { findLabHome } from '../core/home.ts';
import { listenForInterrupt } from '../core/interrupt.ts';
import { createLiveReporter } from '../report/live.ts';
import { createPlainReporter } from '../report/plain.ts';
import { isLive, styleFor } from '../core/style.ts';

/**
 * Runs work that is no run of cases with a context of its own, stages shown on stderr, and
 * returns its value. Throws what the work throws; at Ctrl-C, `interrupted`.
 */
export async function withContext<T>(cli: Cli, work: (context: Context) => Promise<T>): Promise<T> {
  const { stderr, env } = cli;
  const style = styleFor(stderr, env);
  const reporter = isLive(stderr, env)
    ? createLiveReporter(stderr, style)
    : createPlainReporter(stderr, style);
  const interrupt = listenForInterrupt((name) =>
    labError({
      code: 'interrupted',
      fault: 'infrastructure',
      doing: cli.command,
      what: `it was ended by ${name}`,
      next: 'Run it again: what was finished is kept.',
    }),
  );
  const scratch = await dir({ prefix: 'lab-', unsafeCleanup: true });
  try {
    return await work({
      home: findLabHome(env),
      emit: createStream([(event) => reporter.onEvent(event)]),
      signal: interrupt.signal,
      scratch: scratch.path,
    });
  } finally {
    await reporter.end?.();
    interrupt.release();
    await scratch.cleanup();
  }
}
