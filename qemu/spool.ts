import { closeSync, openSync, writeSync } from 'node:fs';
import { labError } from '../harness/core/errors.ts';

/** Bytes of one guest's console that reach the disk: a long run prints some 100 KB. */
export const spoolLimit = 64 * 1024 * 1024;

export interface Spool {
  write(bytes: Uint8Array): void;
  close(): void;
  /** Why the file is not the whole console, if it isn't: the limit, or the disk's words. */
  damage(): string | undefined;
}

/**
 * Returns a file that keeps the first `limit` bytes written to it and says so where it
 * stops. Writing is synchronous: nothing sits in memory, and what was printed before a
 * crash of the lab is on disk. A full disk damages the file, not the run. Throws
 * `console-log-failed` if the file cannot be opened.
 */
export function openSpool(path: string, limit = spoolLimit): Spool {
  const file = openLog(path);
  let room = limit;
  let damage: string | undefined;

  /** Returns what went wrong, if something did. */
  function put(bytes: Uint8Array): string | undefined {
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      return undefined;
    } catch (error) {
      return `the console log could not be written: ${(error as Error).message}`;
    }
  }

  return {
    write: (bytes) => {
      if (damage !== undefined) return;
      damage = put(bytes.subarray(0, room));
      room -= bytes.length;
      if (room >= 0 || damage !== undefined) return;
      put(Buffer.from(`\n[lab: the log stops here, at ${limit} bytes; the guest printed on]\n`));
      damage = `the guest printed more than ${limit} bytes; the log holds the first of them`;
    },
    close: () => closeSync(file),
    damage: () => damage,
  };
}

function openLog(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw labError({
      code: 'console-log-failed',
      fault: 'infrastructure',
      doing: "opening the file for a guest's console",
      what: (cause as Error).message,
      next: 'Make room on that disk, or write the results elsewhere.',
      cause,
    });
  }
}
