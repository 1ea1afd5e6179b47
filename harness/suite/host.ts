import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { labError } from '../core/errors.ts';
import type { LabError } from '../core/errors.ts';
import type {
  Answer,
  CaseFile,
  CaseOutcome,
  Failure,
  FromHost,
  GuestCall,
  ToHost,
} from './host-protocol.ts';
import type { Listing } from './listing.ts';

/** A process that runs case files, seen from the lab. */
export interface CaseHost {
  /** Imports the files and returns what they declare. */
  list(files: readonly CaseFile[]): Promise<Listing>;
  /** Runs a case. Rejects with a `case-host-ended` error if its process ends instead. */
  run(file: CaseFile, suite: string, test: string): Promise<CaseOutcome>;
  /** Ends the suite that is running, if one is, and returns what its after hooks threw. */
  finish(): Promise<readonly Failure[]>;
  /** Shows the running case console lines of one of its guests. */
  sendLines(guest: number, lines: readonly string[]): void;
  /** Resolves when it listens, or is gone. Never rejects. */
  readonly ready: Promise<void>;
  /** Resolves when the process is gone. Never rejects. */
  readonly ended: Promise<void>;
  readonly alive: () => boolean;
  /** Ends the process now; a case in an endless loop can't object. */
  kill(): Promise<void>;
}

export interface HostOptions {
  /** The repository's root: reports name files relative to it. */
  readonly root: string;
  /** Answers the cases' guest calls. Must not throw. */
  readonly answer: (call: GuestCall) => Promise<Answer>;
  /** Told of what was thrown while no case ran. */
  readonly onStray: (failure: Failure) => void;
  /** Told each line that case files print. */
  readonly onPrint: (line: string) => void;
}

/** Starts a case host. It ends when the lab does, however that ends. */
export function startHost(options: HostOptions): CaseHost {
  const { script, execArgv } = hostProgram();
  const child = fork(script, [options.root], {
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  readLines(child.stdout, options.onPrint);
  readLines(child.stderr, options.onPrint);
  let waiting:
    { resolve: (message: FromHost) => void; reject: (error: LabError) => void } | undefined;
  let alive = true;

  const send = (message: ToHost) => {
    // A host that is gone is noticed by its end, not by its silence.
    if (child.connected) child.send(message, () => undefined);
  };
  const ask = <Kind extends FromHost['type']>(message: ToHost, kind: Kind) =>
    new Promise<Extract<FromHost, { type: Kind }>>((resolve, reject) => {
      if (!alive) {
        reject(endedEarly('it had ended before'));
        return;
      }
      waiting = {
        resolve: (answer) => {
          if (answer.type === kind) resolve(answer as Extract<FromHost, { type: Kind }>);
        },
        reject,
      };
      send(message);
    });
  let listen: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (listen = resolve));
  const hear = (message: FromHost) => {
    if (message.type === 'ready') listen();
    else if (message.type === 'call') {
      const { call } = message;
      void options.answer(message).then((answer) => send({ type: 'answer', call, answer }));
    } else if (message.type === 'stray') options.onStray(message.failure);
    else waiting?.resolve(message);
  };
  child.on('message', hear);
  const ended = endOf(child).then((how) => {
    alive = false;
    listen();
    waiting?.reject(endedEarly(how));
  });

  return {
    list: async (files) => (await ask({ type: 'list', files }, 'listed')).listing,
    run: async (file, suite, test) =>
      (await ask({ type: 'run', file, suite, test }, 'ended')).outcome,
    finish: async () => (await ask({ type: 'finish' }, 'finished')).failures,
    sendLines: (guest, lines) => send({ type: 'console', guest, lines }),
    ready,
    ended,
    alive: () => alive,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/** Returns what the process runs: code that was bundled, or the files themselves. */
function hostProgram(): { readonly script: string; readonly execArgv: string[] } {
  const bundle = import.meta.labBundle;
  return bundle === undefined
    ? {
        script: join(import.meta.dirname, 'case-host.ts'),
        execArgv: ['--import', import.meta.resolve('tsx')],
      }
    : { script: join(bundle, 'case-host.mjs'), execArgv: ['--enable-source-maps'] };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (status, signal) =>
      resolve(signal === null ? `exit status ${status}` : `signal ${signal}`),
    );
  });
}

function endedEarly(how: string): LabError {
  return labError({
    code: 'case-host-ended',
    fault: 'case',
    doing: 'running a case',
    what: `the process it ran in ended: ${how}`,
    next: 'Look for process.exit() or for code that brings Node down in the case.',
  });
}

function readLines(stream: Readable | null, listener: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', listener);
}
