import { assert } from '../cr/case.ts';
import type { Guest } from '../cr/case.ts';
import { tasksOf } from './workload.ts';
import type { Workload } from './workload.ts';

/** What /proc tells of a task, by `file field`: `status Name`, `fd 3`, `maps 400000`. */
export type TaskFacts = ReadonlyMap<string, string>;

/**
 * What may be otherwise after a kill and a restart with the same pids, and why; of all tasks
 * or of the root's threads and of zombies only. Everything else that /proc shows has to be the same.
 */
const mayChange: readonly (readonly [pattern: RegExp, why: string, of?: 'root' | 'zombie'])[] = [
  [/^stat(us)? ppid$/i, 'it is the child of who has restarted it', 'root'],
  [/^status SigBlk$|^stat blocked$/, 'the mask of the dead blocks nothing', 'zombie'],
  [/^status (State|SleepAVG)$|^stat state$/, 'both are frozen, and a thaw shows where'],
  [/^stat start_time$/, 'it was made anew'],
  [/^stat (u|s|cu|cs)time$|^stat (c?g)uest_time$/, 'times are counted from the restart on'],
  [/^stat c?(min|maj)flt$/, 'pages come in otherwise'],
  [/^status (non)?voluntary_ctxt_switches$/, 'how often it waited is no state of its own'],
  [/^stat (processor|wchan|kstk.*|delayacct)$/, 'where it runs, and in which call, now'],
  [/^status Vm(HWM|RSS|PTE|Swap|Peak)$|^status Rss\w+$|^stat rss$/, 'pages that are not dirty'],
  [/^status (Cpus|Mems)_allowed(_list)?$/, 'the caller of restart sets it'],
  [/^status SigQ$/, 'queued signals of all of a user'],
  [/^stat (tty_nr|tpgid)$/, 'a terminal is not restored'],
  [/^stat flags$/, 'PF_ flags of the moment'],
  [/^stat exit_code$/, 'what a stop or an end was, under way'],
  [/^fdinfo \d+ (mnt_id|ino)$/, 'files are opened anew'],
];

/** Names of the numbers in /proc/PID/stat after the state: proc(5). */
const statFields = [
  ...['state', 'ppid', 'pgrp', 'session', 'tty_nr', 'tpgid', 'flags', 'minflt', 'cminflt'],
  ...['majflt', 'cmajflt', 'utime', 'stime', 'cutime', 'cstime', 'priority', 'nice'],
  ...['num_threads', 'itrealvalue', 'start_time', 'vsize', 'rss', 'rsslim', 'startcode'],
  ...['endcode', 'startstack', 'kstkesp', 'kstkeip', 'signal', 'blocked', 'sigignore'],
  ...['sigcatch', 'wchan', 'nswap', 'cnswap', 'exit_signal', 'processor', 'rt_priority'],
  ...['policy', 'delayacct', 'guest_time', 'cguest_time', 'start_data', 'end_data'],
  ...['start_brk', 'arg_start', 'arg_end', 'env_start', 'env_end', 'exit_code'],
];

/** Returns what /proc tells of all tasks of a workload, in the order of their pids. */
export async function factsOf(guest: Guest, workload: Workload): Promise<readonly TaskFacts[]> {
  const pids = (await tasksOf(guest, workload)).map(Number).sort((a, b) => a - b);
  const { tasks } = await guest.shim('facts', ...pids.map(String));
  assert.ok(Array.isArray(tasks) && tasks.length === pids.length, 'all tasks are told of');
  const pipes = new Map<string, string>();
  const told = (tasks as readonly Record<string, unknown>[]).map((each) => readFacts(each, pipes));
  return told.filter((facts) => facts.get('cmdline')?.startsWith('restart\0') !== true);
}

/**
 * Returns `task 12: status Name: a -> b` for each fact that differs and may not; `moves` are
 * the names of those that the tasks themselves change all the time.
 */
export function differencesOf(
  before: readonly TaskFacts[],
  after: readonly TaskFacts[],
  moves?: RegExp,
): readonly string[] {
  if (before.length !== after.length) return [`${before.length} tasks are ${after.length} now`];
  return before.flatMap((facts, index) => {
    const others = after[index] ?? new Map<string, string>();
    const names = [...new Set([...facts.keys(), ...others.keys()])];
    const isRoot = facts.get('status Tgid') === before[0]?.get('status Tgid');
    const isZombie = facts.get('stat state') === 'Z' && others.get('stat state') === 'Z';
    const kinds = [undefined, isRoot ? 'root' : undefined, isZombie ? 'zombie' : undefined];
    const allowed = mayChange.filter(([, , of]) => kinds.includes(of));
    return names
      .filter((name) => !allowed.some(([pattern]) => pattern.test(name)))
      .filter((name) => moves?.test(name) !== true)
      .filter((name) => facts.get(name) !== others.get(name))
      .map(
        (name) =>
          `task ${facts.get('pid') ?? '?'}: ${name}: ` +
          `${facts.get(name) ?? 'not there'} -> ${others.get(name) ?? 'not there'}`,
      );
  });
}

function readFacts(told: Readonly<Record<string, unknown>>, pipes: Map<string, string>): TaskFacts {
  const facts = new Map<string, string>();
  for (const [name, value] of Object.entries(told)) {
    if (typeof value !== 'string')
      for (const [key, fact] of asFields(name, value, pipes)) facts.set(key, fact);
    else if (name === 'status')
      for (const line of value.trim().split('\n')) addLine(facts, `status ${line}`, ':');
    else if (name === 'stat') for (const [key, fact] of statOf(value)) facts.set(key, fact);
    else if (name === 'maps')
      for (const line of value.trim().split('\n')) addLine(facts, `maps ${lastingOf(line)}`, '-');
    else facts.set(name, value);
  }
  return facts;
}

function asFields(
  name: string,
  value: unknown,
  pipes: Map<string, string>,
): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  const fields: [string, string][] = [];
  for (const [number, text] of Object.entries(value as Record<string, string>)) {
    if (name === 'fd') fields.push([`fd ${number}`, withoutInode(text, pipes)]);
    else
      for (const line of text.trim().split('\n')) {
        const colon = line.indexOf(':');
        fields.push([`${name} ${number} ${line.slice(0, colon)}`, line.slice(colon + 1).trim()]);
      }
  }
  return fields;
}

function addLine(facts: Map<string, string>, line: string, separator: string): void {
  const at = line.indexOf(separator);
  facts.set(line.slice(0, at), line.slice(at + 1).trim());
}

function statOf(text: string): readonly (readonly [string, string])[] {
  const end = text.lastIndexOf(')');
  const fields = text
    .slice(end + 2)
    .trim()
    .split(' ');
  return fields.map((field, index) => [`stat ${statFields[index] ?? index + 3}`, field] as const);
}

/**
 * Pipes and files without a name get new inodes. Which pipes are the same has to stay: they
 * are numbered as they come up, over all tasks of a workload.
 */
function withoutInode(target: string, pipes: Map<string, string>): string {
  if (target.startsWith('pipe:')) {
    const number = pipes.get(target) ?? `pipe ${pipes.size + 1}`;
    pipes.set(target, number);
    return number;
  }
  return target.replace(/:\[\d+\]$/, '').replace(/^\/SYSV.*/, '/SYSV');
}

/** A mapping without the inode number of a file that has no name any more. */
function lastingOf(line: string): string {
  return line.replace(/ \d+ +(?=\S* \(deleted\)$)/, ' … ');
}
