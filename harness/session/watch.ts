import { relative } from 'node:path';
import { duration } from '../core/text.ts';
import type { Saves } from './saves.ts';

/** A run that is under way. */
export interface Running {
  /** Resolves with its exit status; never rejects. */
  readonly ended: Promise<number>;
  /** Asks it to end in order, as Ctrl-C does. */
  readonly stop: () => void;
}

export interface Watch {
  readonly saves: Pick<Saves, 'next'>;
  readonly start: () => Running;
  /** Is called after each run: there may be more to watch now. */
  readonly onEnded: () => Promise<void>;
  readonly say: (line: string) => void;
  /** What saved files are named from. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/**
 * Runs, and runs again whenever something is saved; a run that is under way then is stopped, as
 * nobody waits for its verdicts any more. Returns the last run's exit status at the abort.
 */
export async function watchRuns({ saves, start, onEnded, say, root, signal }: Watch) {
  for (;;) {
    const begin = performance.now();
    const run = start();
    // Rejects at the abort alone, which is looked at below.
    const saved = saves.next(signal).catch(() => undefined);
    const end = await Promise.race([run.ended, saved.then(() => undefined)]);
    if (end === undefined) {
      run.stop();
      const status = await run.ended;
      if (signal.aborted) return status;
    } else {
      await onEnded();
      say(
        `${wordsOf(end)} in ${duration(performance.now() - begin)}: waiting for a save, Ctrl-C ends`,
      );
    }
    const files = await saved;
    if (files === undefined) return end ?? 0;
    say(`${namesOf(files, root)} saved: running`);
  }
}

/** The exit status of a run in a word, as the README's table has it. */
function wordsOf(status: number): string {
  if (status === 0) return 'green';
  return status === 1 ? 'red' : 'not judged';
}

function namesOf([first = '', ...others]: readonly string[], root: string): string {
  const near = relative(root, first);
  const name = near.startsWith('..') ? first : near;
  return others.length === 0 ? `${name} was` : `${name} and ${others.length} more were`;
}
