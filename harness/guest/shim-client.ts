import type { Duplex } from 'node:stream';
import { labError } from '../core/errors.ts';
import type { LabError } from '../core/errors.ts';
import { encodeRequest, lineSplitter } from './shim-words.ts';

/** One line of the shim's JSON. */
export type ShimAnswer = Readonly<Record<string, unknown>>;

export interface ShimCallOptions {
  /** Milliseconds until the call is given up; default 10 s times the calibration factor. */
  readonly deadline?: number;
}

/** The shim that lives in a guest for as long as the session with it does. */
export interface ShimClient {
  /**
   * Runs a command of the shim and returns its answer, whatever that says. Rejects with a
   * `guest-hang` error at the deadline, and with the session's error once the guest is lost.
   */
  call(argv: readonly string[], options?: ShimCallOptions): Promise<ShimAnswer>;
  /** Tells of what subjects print and of their ends; returns how to stop it. */
  onEvent(listener: (event: ShimAnswer) => void): () => void;
  /**
   * Has the guest kill whatever still works on calls that have not been answered, and waits
   * for that. A system call that can't be killed keeps its process: that is then returned.
   */
  cancelAll(deadline: number): Promise<readonly string[]>;
  /** Resolves when the guest can't be reached any more, with what is known of why. Never rejects. */
  readonly lost: Promise<LabError>;
  /** Ends the session at once; it is not lost then. */
  close(): void;
}

/** The shim at the other end of a stream that somebody else looks after. */
interface ShimSpeech extends Omit<ShimClient, 'lost' | 'close'> {
  /** Resolves with the shim's first line. */
  readonly hello: Promise<ShimAnswer>;
  /** Ends all calls, present and future, with that error. */
  readonly fail: (error: LabError) => void;
}

interface PendingCall {
  readonly argv: readonly string[];
  readonly resolve: (answer: ShimAnswer) => void;
  readonly reject: (error: LabError) => void;
  readonly timer: NodeJS.Timeout;
}

/** The biggest answer: an image of 45 MiB in base64. */
const longestLine = 64 << 20;

/** Speaks with a shim over a stream; `onGarbage` hears of what is no answer. */
export function speakToShim(
  stream: Duplex,
  options: { readonly deadline: number; readonly onGarbage: (error: LabError) => void },
): ShimSpeech {
  const pending = new Map<number, PendingCall>();
  const listeners = new Set<(event: ShimAnswer) => void>();
  let last = 0;
  let failed: LabError | undefined;
  let sayHello: (answer: ShimAnswer) => void = () => undefined;
  let refuseHello: (error: LabError) => void = () => undefined;
  const hello = new Promise<ShimAnswer>((resolve, reject) => {
    sayHello = resolve;
    refuseHello = reject;
  });

  const hear = (line: string) => {
    const answer = parseAnswer(line);
    if (answer === undefined) options.onGarbage(garbage(line));
    else if ('hello' in answer) sayHello(answer);
    else if ('event' in answer) for (const listener of [...listeners]) listener(answer);
    else settle(answer);
  };
  const settle = (answer: ShimAnswer) => {
    const id = Number(answer['id']);
    // A call that was given up may still be answered: nobody wants to know any more.
    const call = pending.get(id);
    if (call === undefined) return;
    pending.delete(id);
    clearTimeout(call.timer);
    call.resolve(answer);
  };
  const split = lineSplitter(longestLine, hear);
  stream.on('data', (chunk: Buffer) => {
    try {
      split(chunk);
    } catch (error) {
      options.onGarbage(garbage(String(error)));
    }
  });
  const writeLine = createWriter(stream);

  const call = (argv: readonly string[], { deadline = options.deadline }: ShimCallOptions = {}) =>
    new Promise<ShimAnswer>((resolve, reject) => {
      if (failed !== undefined) {
        reject(failed);
        return;
      }
      const id = ++last;
      const giveUp = () => {
        pending.delete(id);
        reject(overdue(argv, deadline));
      };
      pending.set(id, { argv, resolve, reject, timer: setTimeout(giveUp, deadline) });
      writeLine(encodeRequest(id, argv));
    });

  const fail = (error: LabError) => {
    failed ??= error;
    refuseHello(failed);
    for (const { timer, reject } of pending.values()) {
      clearTimeout(timer);
      reject(failed);
    }
    pending.clear();
  };
  const onEvent = (listener: (event: ShimAnswer) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const cancelAll = async (deadline: number) => {
    const calls = [...pending];
    await Promise.all(calls.map(([id]) => call(['cancel', String(id)], { deadline })));
    // An answer to what was cancelled comes once it is dead.
    const end = performance.now() + deadline;
    while (calls.some(([id]) => pending.has(id)) && performance.now() < end)
      await call(['ping'], { deadline });
    return calls
      .filter(([id]) => pending.has(id))
      .map(([, { argv }]) => argv.slice(0, 4).join(' '));
  };
  // A session that fails before its hello may have nobody who waits for it.
  hello.catch(() => undefined);
  return { call, onEvent, cancelAll, hello, fail };
}

/** Writes lines in order, waiting where the guest does not read as fast. */
function createWriter(stream: Duplex): (line: string) => void {
  const queue: string[] = [];
  let blocked = false;
  const flush = () => {
    while (!blocked && queue.length > 0) {
      blocked = !stream.write(queue.shift());
      if (blocked) stream.once('drain', unblock);
    }
  };
  const unblock = () => {
    blocked = false;
    flush();
  };
  return (line) => {
    queue.push(line);
    flush();
  };
}

function parseAnswer(line: string): ShimAnswer | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as ShimAnswer) : undefined;
  } catch {
    return undefined;
  }
}

function garbage(line: string): LabError {
  return labError({
    code: 'shim-garbled',
    fault: 'infrastructure',
    doing: 'reading an answer of the shim',
    what: `no line of JSON: ${line.slice(0, 200)}`,
    next: 'Look for something else that prints into the session of the guest.',
  });
}

function overdue(argv: readonly string[], deadline: number): LabError {
  return labError({
    code: 'shim-overdue',
    fault: 'guest-hang',
    doing: `calling the shim: ${argv.slice(0, 6).join(' ').slice(0, 120)}`,
    what: `no answer within ${(deadline / 1000).toFixed(1)} s`,
    next: "Look at the guest's last console lines.",
  });
}
