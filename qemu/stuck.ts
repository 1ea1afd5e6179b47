import { areDead, type HostTime, type Processor } from './processors.ts';
import { functionsOf, readTasks, type ListedTask } from './task-list.ts';

/** What a guest that no longer answers has shown when it was asked. */
export interface Testimony {
  /** Whether its kernel took the SysRq keys. */
  readonly answered: boolean;
  /** Whether it printed anything meanwhile. */
  readonly printed: boolean;
  /** What it was at, looked at several times. */
  readonly looks: readonly (readonly Processor[])[];
  /** Its blocked tasks, as it listed them first and once more at the end. */
  readonly blocked: readonly (readonly string[])[];
  /** All its tasks, as it listed them. */
  readonly tasks: readonly string[];
  /** What the host gave its processors while it did not answer. */
  readonly time?: HostTime | undefined;
}

/** Why it is the kernel that hangs, and the lines of the stack that show it. */
export interface Stuck {
  readonly why: string;
  readonly stack: readonly string[];
}

/** A kernel begins to answer SysRq within a millisecond; one that has run for so many is deaf. */
export const deafAfter = 500;

/** Looks at a processor that must all agree before it is said never to leave the kernel. */
const fewestLooks = 4;

/**
 * Returns the proof that a guest that no longer answers hangs in its kernel, or undefined: a
 * program that is stopped, frozen or waits for what nobody sends is no fault of the kernel's.
 * `server` names the program that everything is asked through; its children answer.
 */
export function proveStuck(testimony: Testimony, server: string): Stuck | undefined {
  const { answered, blocked, looks } = testimony;
  if (!answered) return proveDeaf(testimony);
  const answering = findAnswering(readTasks(testimony.tasks), server);
  if (answering.length === 0 || answering.some(isHeld)) return undefined;
  const stuck = findBlocked(blocked);
  const own = stuck.find(({ pid }) => answering.some((each) => each.pid === pid));
  if (own !== undefined) return tellBlocked(own);
  // Before other tasks: on a processor that nobody else gets, any of them may be blocked.
  const busy = looks.every((look) => look.length > 0 && look.every(isAtWork));
  if (busy && looks.length >= fewestLooks && answering.some(({ state }) => state === 'R'))
    return { why: 'the processor never leaves it, and no program gets to run', stack: [] };
  const [other] = stuck;
  return other && tellBlocked(other);
}

function tellBlocked(task: ListedTask): Stuck {
  const way = functionsOf(task)
    .filter((name) => !scheduling.test(name))
    .slice(0, shownFunctions);
  const why = `task ${task.name} (pid ${task.pid}) is blocked in ${way.join(', called by ')}`;
  return { why, stack: task.stack };
}

/** How much of a stack a sentence tells. */
const shownFunctions = 4;

/** What every task that sleeps stands in. */
const scheduling = /^(?:__)?schedule(?:_timeout\w*)?\+|^io_schedule|^__switch_to/;

/**
 * What a task may be blocked in for as long as somebody else likes: a freezer group, the exec
 * or the end of a vfork's child, the dump of its own process.
 */
const innocent = /^(?:__)?refrigerator\+|^(?:sys|__do_sys|__x64_sys)_vfork\+|^exit_mm\+/;

function proveDeaf({ looks, time, printed }: Testimony): Stuck | undefined {
  const stack: string[] = [];
  const last = looks.at(-1);
  if (last === undefined) return undefined;
  // From there no processor comes back, whatever it was at when it was looked at first.
  if (areDead(last)) return { why: 'it waits for an interrupt with all interrupts off', stack };
  const busy = looks.every((look) => look.length > 0 && look.every(isAtWork));
  if (!busy || printed || time === undefined || time.ran < deafAfter) return undefined;
  const ran = `${(time.ran / 1000).toFixed(1)} s`;
  return { why: `it answers no SysRq, though its processor ran for ${ran}, all in it`, stack };
}

function isAtWork({ inKernel, halted }: Processor): boolean {
  return inKernel && !halted;
}

function findAnswering(tasks: readonly ListedTask[], server: string): ListedTask[] {
  const servers = tasks.filter(({ name }) => name === server);
  const children = tasks.filter(({ parent }) => servers.some(({ pid }) => pid === parent));
  return [...servers, ...children];
}

/** Whether somebody keeps a task from answering: it is stopped, traced, frozen or dead. */
function isHeld(task: ListedTask): boolean {
  return /[TtZX]/.test(task.state) || functionsOf(task).some((name) => innocent.test(name));
}

/** Returns the tasks that are blocked where they were before: the same ones at the same place. */
function findBlocked([first = [], ...later]: readonly (readonly string[])[]): ListedTask[] {
  const again = later.map(readTasks);
  return readTasks(first).filter((task) => {
    const functions = functionsOf(task);
    if (functions.length === 0 || functions.some((name) => innocent.test(name))) return false;
    const place = functions.join();
    return (
      again.length > 0 &&
      again.every((tasks) =>
        tasks.some((other) => other.pid === task.pid && functionsOf(other).join() === place),
      )
    );
  });
}
