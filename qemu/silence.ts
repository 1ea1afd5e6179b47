import type { RunningMachine } from './contracts.ts';
import { areDead, passed, readHostTime, readProcessors, readRegisters } from './processors.ts';
import type { HostTime } from './processors.ts';

/** What a look at a guest that is silent has shown. */
export type Look =
  /** It has printed since. */
  | 'printed'
  /** Nothing in it will ever run again. */
  | 'dead'
  /** For how many milliseconds it has printed nothing though it could. */
  | number;

export interface SilenceWatch {
  /** Looks at a guest whose last byte came at that time of performance.now(). */
  look(lastByte: number): Promise<Look>;
}

/**
 * Returns a watch over a guest's silences. The time in which the host let others run instead of
 * its processors does not count: a busy host makes a boot slow, not silent. Where the host does
 * not tell of that, a millisecond counts as one by the calibration's `factor`.
 */
export function watchSilence(
  running: Pick<RunningMachine, 'qmp' | 'pid' | 'console'>,
  factor: number,
  readTime = readHostTime,
): SilenceWatch {
  let first: { readonly lastByte: number; readonly time: HostTime | undefined } | undefined;
  let wasDead = false;
  return {
    look: async (lastByte) => {
      const time = await readTime(running);
      const dead = areDead(readProcessors(await readRegisters(running)));
      if ((running.console.lastByte ?? lastByte) !== lastByte) return 'printed';
      if (first?.lastByte !== lastByte) {
        first = { lastByte, time };
        wasDead = false;
      }
      if (dead && wasDead) return 'dead';
      wasDead = dead;
      const silent = performance.now() - lastByte;
      const host = passed(first.time, time);
      return host === undefined ? silent / factor : silent - host.waited;
    },
  };
}
