import type { CoverageFeed, CoveragePlugin, Hits } from '../../qemu/contracts.ts';
import { toReport } from '../core/errors.ts';

/** What the recorder needs of a guest. */
export interface CoveredGuest {
  readonly name: string;
  readonly base: string;
  readonly coverage?: CoverageFeed;
}

/** What ran on one base. */
export interface Recorded {
  /** How often the instruction at each position ran in cases. */
  readonly counts: Float64Array;
  /** The positions that each case has run, a bit each, by the case's id. */
  readonly cases: ReadonlyMap<string, Uint8Array>;
}

/** Takes from guests what ran in them, case by case. */
export interface Recorder {
  /** The plugin of a base's guests. */
  readonly plugins: ReadonlyMap<string, CoveragePlugin>;
  /** What a guest runs from now on is the case's. */
  enter(guest: CoveredGuest, id: string): Promise<void>;
  /** What a guest has run is its case's, if it had one; from now on it is nobody's. */
  leave(guest: CoveredGuest): Promise<void>;
  /** Returns what cases have run on a base so far. */
  recorded(base: string): Recorded;
}

/** What is known of a base before it runs. */
export interface CoveredBase {
  readonly plugin: CoveragePlugin;
  /** Bytes of all of the plugin's ranges. */
  readonly size: number;
}

/**
 * Returns a recorder for the bases. A guest that can't tell what it has run is told of with
 * `warn`, and adds nothing.
 */
export function createRecorder(
  bases: ReadonlyMap<string, CoveredBase>,
  warn: (text: string) => void,
): Recorder {
  const records = new Map(
    [...bases].map(([base, { size }]) => [
      base,
      { counts: new Float64Array(size), cases: new Map<string, Uint8Array>() },
    ]),
  );
  const running = new Map<string, string>();

  const take = async (guest: CoveredGuest) => {
    const record = records.get(guest.base);
    const id = running.get(guest.name);
    running.delete(guest.name);
    if (guest.coverage === undefined || record === undefined) return;
    const hits = await guest.coverage.take().catch((error: unknown): Hits => {
      warn(`coverage is incomplete: ${guest.name}: ${toReport(error).what}`);
      return new Map();
    });
    if (id === undefined) return;
    const positions = record.cases.get(id) ?? new Uint8Array(Math.ceil(record.counts.length / 8));
    record.cases.set(id, positions);
    for (const [position, count] of hits) {
      record.counts[position] = (record.counts[position] ?? 0) + count;
      positions[position >> 3] = (positions[position >> 3] ?? 0) | (1 << (position & 7));
    }
  };
  return {
    plugins: new Map([...bases].map(([base, { plugin }]) => [base, plugin])),
    enter: async (guest, id) => {
      await take(guest);
      running.set(guest.name, id);
    },
    leave: take,
    recorded: (base) =>
      records.get(base) ?? { counts: new Float64Array(0), cases: new Map<string, Uint8Array>() },
  };
}

/** Tells whether one of the positions is among those that a case has run. */
export function hasRun(ran: Uint8Array, positions: readonly number[]): boolean {
  return positions.some((position) => ((ran[position >> 3] ?? 0) & (1 << (position & 7))) !== 0);
}
