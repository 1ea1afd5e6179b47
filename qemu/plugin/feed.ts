import type { Duplex } from 'node:stream';
import { labError } from '../../harness/core/errors.ts';
import type { CoverageFeed, Hits } from '../contracts.ts';

/** Bytes of the number of entries that a report begins with, and of an entry. */
const headBytes = 4;
const entryBytes = 8;

/** Milliseconds the plugin's own thread may take, which waits for nothing. */
const defaultPatience = 20_000;

/**
 * Returns what the plugin at the other end of a socket tells. Its reports have no names: one that
 * nobody asked for, as QEMU sends it at its end, is kept for who asks next.
 */
export function openCoverage(socket: Duplex, patience = defaultPatience): CoverageFeed {
  let kept = new Map<number, number>();
  let unread: Buffer = Buffer.alloc(0);
  let reports = 0;
  let closed = false;
  let wake: () => void = () => undefined;

  const readReports = () => {
    for (;;) {
      const bytes = unread.length < headBytes ? 0 : unread.readUInt32LE(0) * entryBytes;
      if (unread.length < headBytes + bytes) return;
      addReport(kept, unread.subarray(headBytes, headBytes + bytes));
      unread = unread.subarray(headBytes + bytes);
      reports += 1;
    }
  };
  const close = () => {
    closed = true;
    wake();
  };
  socket.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    readReports();
    wake();
  });
  // A QEMU that is gone has been heard of elsewhere.
  socket.on('error', close);
  socket.on('close', close);

  const takeOne = async (): Promise<Hits> => {
    const before = reports;
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort();
      wake();
    }, patience);
    if (!closed) socket.write('?');
    while (!closed && !deadline.signal.aborted && reports === before)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    clearTimeout(timer);
    if (deadline.signal.aborted) throw tooLate(patience);
    const hits = kept;
    kept = new Map();
    return hits;
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    take: () => {
      const next = last.then(takeOne);
      last = next.catch(() => undefined);
      return next;
    },
  };
}

function addReport(kept: Map<number, number>, entries: Buffer): void {
  for (let at = 0; at < entries.length; at += entryBytes) {
    const position = entries.readUInt32LE(at);
    kept.set(position, (kept.get(position) ?? 0) + entries.readUInt32LE(at + 4));
  }
}

function tooLate(patience: number): Error {
  return labError({
    code: 'coverage-silent',
    fault: 'infrastructure',
    doing: 'asking QEMU what a guest has run',
    what: `its plugin did not answer within ${patience / 1000} s`,
    next: 'Look whether the QEMU process is stopped, or the host out of memory.',
  });
}
