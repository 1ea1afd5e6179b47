import type { Results } from './results.ts';

/** A part of a run's time. */
export interface TimeRow {
  readonly what: string;
  readonly milliseconds: number;
  /** Of the whole that it is a part of, 0 to 1. */
  readonly share: number;
}

/** Where a run's time went. */
export interface WhereTimeWent {
  /** Processor time, of all that there was in the run's time. */
  readonly processors: readonly TimeRow[];
  /** The guests' time, from their start to their end. */
  readonly guests: readonly TimeRow[];
}

/**
 * Returns where a run's time went: what used the processors, and what guests did meanwhile.
 * Undefined for a run that was not measured or had no guest.
 */
export function whereTimeWent(results: Results): WhereTimeWent | undefined {
  const { processorTime: used, milliseconds, guests, cases } = results;
  if (used === undefined || guests.length === 0) return undefined;
  const sum = (times: readonly (number | undefined)[]) =>
    times.reduce<number>((all, time = 0) => all + time, 0);
  const whole = used.processors * milliseconds;
  const inGuests = sum(guests.map(({ processor }) => processor));
  const others = Math.max(0, used.children - inGuests);
  const readying = sum(guests.map(({ ready }) => ready));
  const running = sum(
    cases
      .filter(({ guest, provenIn }) => guest !== undefined && provenIn === undefined)
      .map((each) => each.milliseconds),
  );
  // Coming up begins before there is a QEMU to tell of.
  const lives = Math.max(
    readying + running,
    sum(guests.map(({ start, end = milliseconds }) => end - start)),
  );
  return {
    processors: rows(whole, [
      ["the guests' QEMUs", inGuests],
      ["the lab's own process", used.lab],
      ['other programs: compilers, the processes of case files', others],
      ['not used by the run', whole - inGuests - used.lab - others],
    ]),
    guests: rows(lives, [
      ['being restored or booted, and greeted', readying],
      ['running cases', running],
      ['between cases, and ending', lives - readying - running],
    ]),
  };
}

function rows(whole: number, parts: readonly (readonly [string, number])[]): TimeRow[] {
  return parts.map(([what, part]) => {
    const milliseconds = Math.max(0, Math.round(part));
    return { what, milliseconds, share: whole === 0 ? 0 : milliseconds / whole };
  });
}
