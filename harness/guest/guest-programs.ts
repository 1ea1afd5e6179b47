import { z } from 'zod';
import type { ShimClient } from './shim-client.ts';

/** How a program of the guest has ended. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: string | null;
}

/** What a program has said that nobody has taken yet. */
export interface ProgramVoice {
  /** Takes the next line of its standard output; undefined when it has ended, or at `deadline` ms. */
  nextLine(deadline: number): Promise<string | undefined>;
  readonly errors: readonly string[];
  readonly end: ProgramEnd | undefined;
  /** Resolves when it has ended. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
}

/** The programs of a session, by their handles. */
export interface Programs {
  voiceOf(handle: number): ProgramVoice;
}

/** A program may chatter for hours; a case reads the newest lines. */
const keptLines = 10_000;

const lineEvent = z.looseObject({
  event: z.literal('line'),
  handle: z.number(),
  stream: z.enum(['out', 'err']),
  text: z.string(),
});
const exitEvent = z.looseObject({
  event: z.literal('exit'),
  handle: z.number(),
  status: z.number().nullable(),
  signal: z.string().nullable(),
});
const programEvent = z.union([lineEvent, exitEvent]);

/**
 * Listens to a session's programs from its beginning: what a program says right after the
 * answer that tells its handle must not be missed.
 */
export function listenToPrograms(shim: ShimClient): Programs {
  const voices = new Map<number, Voice>();
  const voiceOf = (handle: number): Voice => {
    const known = voices.get(handle) ?? createVoice();
    voices.set(handle, known);
    return known;
  };
  shim.onEvent((event) => {
    const read = programEvent.safeParse(event);
    if (!read.success) return;
    if (read.data.event === 'line')
      voiceOf(read.data.handle).hear(read.data.stream, read.data.text);
    else voiceOf(read.data.handle).stop(read.data);
  });
  return { voiceOf };
}

interface Voice extends ProgramVoice {
  hear(stream: 'out' | 'err', text: string): void;
  stop(end: ProgramEnd): void;
}

function createVoice(): Voice {
  const lines: string[] = [];
  const errors: string[] = [];
  const waiters = new Set<() => void>();
  let end: ProgramEnd | undefined;
  let stop: (end: ProgramEnd) => void = () => undefined;
  const ended = new Promise<ProgramEnd>((resolve) => (stop = resolve));
  const wake = () => {
    for (const waiter of [...waiters]) waiter();
  };
  return {
    errors,
    ended,
    get end() {
      return end;
    },
    hear: (stream, text) => {
      const kept = stream === 'out' ? lines : errors;
      kept.push(text);
      if (kept.length > keptLines) kept.shift();
      wake();
    },
    stop: ({ status, signal }) => {
      end = { status, signal };
      stop(end);
      wake();
    },
    nextLine: (deadline) =>
      new Promise((resolve) => {
        const take = () => {
          if (lines.length > 0 || end !== undefined) finish(lines.shift());
        };
        const finish = (line: string | undefined) => {
          clearTimeout(timer);
          waiters.delete(take);
          resolve(line);
        };
        const timer = setTimeout(() => finish(undefined), deadline);
        waiters.add(take);
        take();
      }),
  };
}
