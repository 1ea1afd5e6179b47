import { explainDisk } from '../harness/disk.ts';
import { toReport } from '../harness/errors.ts';
import type { Context } from '../harness/context.ts';
import type { Stage } from '../harness/events.ts';

export interface StageOutcome<T> {
  readonly value: T;
  readonly cached: boolean;
  /** What came out, in words. */
  readonly what: string;
}

/**
 * Runs a stage's work between its events and returns its value. Throws what the work
 * throws, having told the stream.
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
  const where = { stage: name, ...(base === undefined ? {} : { base }) };
  context.emit({ type: 'stage-started', ...where, what });
  try {
    const { value, cached, what } = await work();
    const ended = { ...where, cached, milliseconds: milliseconds(), what };
    context.emit({ type: 'stage-ended', ...ended });
    return value;
  } catch (thrown) {
    const error = explainDisk(thrown) ?? thrown;
    const failed = { ...where, milliseconds: milliseconds(), error: toReport(error, what) };
    context.emit({ type: 'stage-failed', ...failed });
    throw error;
  }
}
