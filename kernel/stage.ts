import { explainDisk } from '../harness/core/disk.ts';
import { isLabError, toReport } from '../harness/core/errors.ts';
import type { Context } from '../harness/core/context.ts';
import type { Stage } from '../harness/core/events.ts';
import { defined } from '../harness/core/defined.ts';

export interface StageOutcome<T> {
  readonly value: T;
  readonly cached: boolean;
  /** What came out, in words. */
  readonly what: string;
}

/** The code of the error that a stage is stopped with because another one has failed. */
export const givenUp = 'stage-given-up';

/**
 * Runs a stage's work between its events and returns its value. Throws what the work
 * throws, having told the stream; that a stage was given up is no failure of its own.
 */
export async function stage<T>(
  context: Context,
  name: Stage,
  base: string | undefined,
  what: string,
  work: () => Promise<StageOutcome<T>>,
): Promise<T> {
  const start = performance.now();
  const milliseconds = (): number => Math.round(performance.now() - start);
  const where = { stage: name, ...defined({ base }) };
  context.emit({ type: 'stage-started', ...where, what });
  try {
    const { value, cached, what } = await work();
    const ended = { ...where, cached, milliseconds: milliseconds(), what };
    context.emit({ type: 'stage-ended', ...ended });
    return value;
  } catch (thrown) {
    if (isLabError(thrown) && thrown.code === givenUp) {
      context.emit({
        type: 'stage-ended',
        ...where,
        cached: false,
        milliseconds: milliseconds(),
        what: thrown.what,
      });
      throw thrown;
    }
    const error = explainDisk(thrown) ?? thrown;
    const failed = { ...where, milliseconds: milliseconds(), error: toReport(error, what) };
    const files = isLabError(error) ? error.files : undefined;
    context.emit({ type: 'stage-failed', ...failed, ...defined({ files }) });
    throw error;
  }
}
