import type { Duplex } from 'node:stream';
import { createClassifier } from './classify.ts';
import type { Finding } from '../harness/core/finding.ts';
import type { Console } from './contracts.ts';
import { splitLines } from './lines.ts';
import type { Spool } from './spool.ts';
import { createWaiters } from './waiting.ts';

/** Silence after which a complaint is taken to be complete, in milliseconds. */
const silence = 200;

export type ConsoleFeed = Console & {
  /** Ends the scan: nothing more will come. `error` is what waiters are told. */
  end(error: () => Error): void;
};

/**
 * Returns the console behind a connected socket, spooled to a file as well and scanned as
 * it comes. It closes the spool when it ends.
 */
export function openConsole(
  socket: Duplex,
  spool: Spool,
  notices: readonly RegExp[] = [],
): ConsoleFeed {
  const kept = keepLines();
  const splitter = splitLines(take);
  const scan = scanLines(notices);
  const waiters = createWaiters<{ readonly line: string; readonly index: number }>();
  const listeners = new Set<(line: string, index: number) => void>();
  let lastByte: number | undefined;

  function take(line: string): void {
    const index = kept.add(line);
    scan.feed(line);
    for (const listener of [...listeners]) listener(line, index);
    waiters.offer({ line, index });
  }

  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    lastByte = performance.now();
    spool.write(bytes);
    splitter.feed(bytes);
    scan.pause();
  });

  const since = (from: number) => kept.lines.slice(Math.max(0, from - kept.first()));
  return {
    lines: kept.lines,
    get first() {
      return kept.first();
    },
    get count() {
      return kept.first() + kept.lines.length;
    },
    get findings() {
      return scan.findings();
    },
    get scanned() {
      return scan.scanned();
    },
    get damage() {
      return spool.damage();
    },
    get partial() {
      return splitter.partial();
    },
    get lastByte() {
      return lastByte;
    },
    since,
    onLine: (listener) => subscribe(listeners, listener),
    onFinding: (listener) => subscribe(scan.listeners, listener),
    waitFor: async (pattern, { from = 0, signal }) => {
      const wanted = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
      const known = since(from).find((line) => wanted.test(line));
      if (known !== undefined) return known;
      const accept = ({ line, index }: { line: string; index: number }) =>
        index >= from && wanted.test(line);
      return (await waiters.wait(accept, signal)).line;
    },
    write: (text) => void socket.write(text),
    end: (error) => {
      splitter.end();
      scan.end();
      spool.close();
      waiters.end(error());
    },
  };
}

interface Scan {
  readonly listeners: Set<(finding: Finding) => void>;
  feed(line: string): void;
  /** Says that nothing more has come for now. */
  pause(): void;
  end(): void;
  findings(): Finding[];
  scanned(): number;
}

/** Returns a live scan: a complaint is reported when it is complete, or the console is silent. */
function scanLines(notices: readonly RegExp[]): Scan {
  const classifier = createClassifier(notices);
  const listeners = new Set<(finding: Finding) => void>();
  const findings: Finding[] = [];
  let scanned = 0;
  let lastPause = 0;
  let timer: NodeJS.Timeout | undefined;

  function report(found: readonly Finding[]): void {
    for (const finding of found) {
      findings.push(finding);
      for (const listener of [...listeners]) listener(finding);
    }
  }

  function onSilence(): void {
    const waited = performance.now() - lastPause;
    timer = waited < silence ? setTimeout(onSilence, silence - waited) : undefined;
    if (timer === undefined) report(classifier.flush());
  }

  return {
    listeners,
    feed: (line) => {
      report(classifier.feed(line));
      scanned += 1;
    },
    pause: () => {
      lastPause = performance.now();
      if (classifier.open() !== undefined) timer ??= setTimeout(onSilence, silence);
    },
    end: () => {
      clearTimeout(timer);
      report(classifier.flush());
    },
    findings: () => {
      const open = classifier.open();
      return open === undefined ? [...findings] : [...findings, open];
    },
    scanned: () => scanned,
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * Lines and characters kept in memory. A run prints some thousand lines; a guest that
 * floods its console is scanned to its end, but only the newest lines stay.
 */
const keptLines = 50_000;
const keptCharacters = 16_000_000;

interface KeptLines {
  readonly lines: readonly string[];
  /** Index of lines[0] among all lines ever added. */
  first(): number;
  /** Adds a line and returns its index. */
  add(line: string): number;
}

/** Returns what keeps the newest lines, up to twice the limits above. */
function keepLines(): KeptLines {
  const lines: string[] = [];
  let characters = 0;
  let first = 0;

  /** Drops half at a time, so that a flood does not move the array at every line. */
  function forget(): void {
    let drop = 0;
    while (lines.length - drop > keptLines || characters > keptCharacters)
      characters -= lines[drop++]?.length ?? 0;
    lines.splice(0, drop);
    first += drop;
  }

  return {
    lines,
    first: () => first,
    add: (line) => {
      lines.push(line);
      characters += line.length;
      const index = first + lines.length - 1;
      if (lines.length > 2 * keptLines || characters > 2 * keptCharacters) forget();
      return index;
    },
  };
}
