import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type { LabEvent } from '../../harness/core/events.ts';
import { resultsSchema, type Results } from '../../harness/results/results.ts';
import { eventDescriptor, type Order } from './order.ts';
import type { World } from './world.ts';

const script = join(import.meta.dirname, 'lab-process.ts');

/** How a lab's process ended. */
export interface LabEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote to both of its streams. */
  readonly text: string;
  readonly events: readonly LabEvent[];
}

/** A lab at work in a process of its own. */
export interface RunningLab {
  readonly pid: number;
  /** Resolves with the first event, from now or from before, that is wanted; undefined if none came. */
  waitFor(wanted: (event: LabEvent) => boolean): Promise<LabEvent | undefined>;
  readonly ended: Promise<LabEnd>;
  kill(signal: NodeJS.Signals): void;
}

/** What stands before the lab's own command: `unshare --net`, `sh -c 'mount …; exec "$@"'`. */
export interface Surroundings {
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Returns what starts a lab on a world, and in which environment; it writes events to descriptor 3. */
export function labCommand(order: Order): {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
} {
  return {
    argv: [process.execPath, '--import', 'tsx', script, JSON.stringify(order)],
    env: { LAB_HOME: order.world.home.root },
  };
}

/** Starts a lab on a world. */
export function startLab(order: Order, { wrapper = [], env = {} }: Surroundings = {}): RunningLab {
  const lab = labCommand(order);
  const [command = '', ...args] = [...wrapper, ...lab.argv];
  const child = spawn(command, args, {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, CI: 'true', ...lab.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const events: LabEvent[] = [];
  const listeners = new Set<(event: LabEvent) => void>();
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  createInterface(child.stdio[eventDescriptor] as Readable).on('line', (line) => {
    const event = JSON.parse(line) as LabEvent;
    events.push(event);
    for (const listener of listeners) listener(event);
  });
  const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([status, signal]) => ({ status, signal, text, events }),
  );
  return {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void child.kill(signal),
    waitFor: (wanted) =>
      new Promise((resolve) => {
        const known = events.find(wanted);
        if (known !== undefined) resolve(known);
        listeners.add((event) => {
          if (wanted(event)) resolve(event);
        });
        void ended.then(() => resolve(undefined));
      }),
  };
}

/** Runs a lab to its end. */
export function runLab(order: Order, surroundings?: Surroundings): Promise<LabEnd> {
  return startLab(order, surroundings).ended;
}

/** Returns the results of a world's newest run. */
export function readResults({ results }: World): Results {
  return resultsSchema.parse(
    JSON.parse(readFileSync(join(results, 'latest/results.json'), 'utf8')),
  );
}

/** Resolves when no process of the world runs the program any more; a kill takes a moment. */
export async function allGone(world: World, program: string): Promise<void> {
  const deadline = AbortSignal.timeout(20_000);
  while (processesOf(world, program).length > 0) {
    deadline.throwIfAborted();
    await immediate();
  }
}

/** Returns the ids of processes that have a word of the world's folder on their command line. */
export function processesOf({ folder }: World, program: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = commandLine(pid);
      return words.includes(folder) && words.split('\0')[0]?.includes(program) === true;
    });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
