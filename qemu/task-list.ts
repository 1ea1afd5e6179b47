import { messageOf } from './classify.ts';

/** A task as a kernel's SysRq shows it. */
export interface ListedTask {
  readonly name: string;
  /** The letter that ps(1) shows as well: D is blocked for good or ill, T stopped. */
  readonly state: string;
  readonly pid: number;
  readonly parent: number;
  /** The console's lines of its stack. */
  readonly stack: readonly string[];
}

/** sched_show_task()'s words: 2.6.30's, of 64 or 32 bits, then 6.1's and, with a tgid, 6.12's. */
const headers = [
  /^(?<name>.{13}) (?<state>\S) (?: ?running(?: task)? +|[0-9a-f]{8,16} +)\d+ +(?<pid>\d+) +(?<parent>\d+)/,
  /^task:(?<name>.{15}) state:(?<state>\S) +(?:running task +)?stack: *\d+ +pid: *(?<pid>\d+) +(?:tgid: *\d+ +)?ppid: *(?<parent>\d+)/,
];

/** Returns the tasks that a kernel has listed on its console, in that order. */
export function readTasks(lines: readonly string[]): ListedTask[] {
  const tasks: (ListedTask & { readonly stack: string[] })[] = [];
  for (const line of lines) {
    const task = readHeader(messageOf(line));
    if (task !== undefined) tasks.push({ ...task, stack: [] });
    else tasks.at(-1)?.stack.push(line);
  }
  return tasks;
}

function readHeader(message: string): Omit<ListedTask, 'stack'> | undefined {
  for (const header of headers) {
    const { name, state, pid, parent } = header.exec(message)?.groups ?? {};
    if (name === undefined || state === undefined) continue;
    return { name: name.trim(), state, pid: Number(pid), parent: Number(parent) };
  }
  return undefined;
}

/**
 * Returns the functions of a task's stack, innermost first, without those that the kernel
 * doubts: `pipe_wait+0x5d`.
 */
export function functionsOf({ stack }: ListedTask): string[] {
  return stack.flatMap((line) => {
    const [, doubt, name, offset] =
      /(\? )?([A-Za-z_][\w.]*)(\+0x[0-9a-f]+)\/0x[0-9a-f]+/.exec(messageOf(line)) ?? [];
    return doubt !== undefined || name === undefined ? [] : [`${name}${offset ?? ''}`];
  });
}
