import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { RunningMachine } from './contracts.ts';

/** What a processor of a guest was at when it was looked at. */
export interface Processor {
  /** Whether it ran in the kernel: privilege level 0. */
  readonly inKernel: boolean;
  /** Whether it waited for an interrupt. */
  readonly halted: boolean;
  /** Whether it would take one: the IF bit of its flags. */
  readonly interruptible: boolean;
}

/** How QEMU's `info registers` ends an x86 processor's second block, of either mode. */
const flagsLine = /\b[RE]FL=([0-9a-f]+) .*\bCPL=(\d) .*\bHLT=(\d)/;

/** The same of arm64's: `PSTATE=600000c5 -ZC- EL1h`. */
const stateLine = /\bPSTATE=[0-9a-f]{8} \S+ .*?\bEL(\d)/;

/** Bit 9 of EFLAGS (Intel's manual, volume 1, 3.4.3). */
const interruptFlag = 0x200;

/** Returns a guest's processors from the lines of QEMU's `info registers -a`. */
export function readProcessors(registers: readonly string[]): Processor[] {
  return registers.flatMap((line) => {
    const [, exception] = stateLine.exec(line) ?? [];
    // Nobody tells whether it waits: taken for one that does, it proves nothing.
    if (exception !== undefined)
      return [{ inKernel: exception !== '0', halted: true, interruptible: true }];
    const [, flags, level, halted] = flagsLine.exec(line) ?? [];
    if (flags === undefined) return [];
    const interruptible = (Number.parseInt(flags, 16) & interruptFlag) !== 0;
    return [{ inKernel: level === '0', halted: halted === '1', interruptible }];
  });
}

/** Returns the lines of QEMU's view of every processor's registers. */
export async function readRegisters({ qmp }: Pick<RunningMachine, 'qmp'>): Promise<string[]> {
  return (await qmp.human('info registers -a')).split(/\r?\n/);
}

/** Whether no processor will ever go on: all wait for an interrupt that they would not take. */
export function areDead(processors: readonly Processor[]): boolean {
  return (
    processors.length > 0 &&
    processors.every(({ halted, interruptible }) => halted && !interruptible)
  );
}

/** What the host has given a guest's processors, and what it has kept from them, together. */
export interface HostTime {
  /** Milliseconds they have run. */
  readonly ran: number;
  /** Milliseconds they could have run, but others did. */
  readonly waited: number;
}

const threads = z.array(z.object({ 'thread-id': z.number() }));

/**
 * Returns what the host's scheduler tells of a machine's processors since its start; undefined
 * where it tells nothing (a kernel without CONFIG_SCHED_INFO, another namespace's process).
 */
export async function readHostTime(
  machine: Pick<RunningMachine, 'qmp' | 'pid'>,
): Promise<HostTime | undefined> {
  return (await readHostTimes(machine)).reduce(
    (sum, time) => sum && time && { ran: sum.ran + time.ran, waited: sum.waited + time.waited },
    { ran: 0, waited: 0 },
  );
}

/**
 * Returns the milliseconds that the host has let others run since the machine's start, though the
 * processor that waited longest could have; 0 where it tells nothing, or the machine has ended.
 */
export async function readKeptTime(machine: Pick<RunningMachine, 'qmp' | 'pid'>): Promise<number> {
  const times = await readHostTimes(machine).catch(() => []);
  return Math.max(0, ...times.map((time) => time?.waited ?? 0));
}

/** The same of each processor. */
async function readHostTimes({
  qmp,
  pid,
}: Pick<RunningMachine, 'qmp' | 'pid'>): Promise<readonly (HostTime | undefined)[]> {
  const answer = threads.parse(await qmp.execute('query-cpus-fast'));
  return Promise.all(
    answer.map(async ({ 'thread-id': id }) => {
      const text = await readFile(`/proc/${pid}/task/${id}/schedstat`, 'utf8').catch(() => '');
      // Nanoseconds on a processor, nanoseconds in a run queue, time slices (sched-stats.rst).
      const [ran, waited] = text.split(' ').map((word) => Number(word) / 1e6);
      return ran === undefined || waited === undefined ? undefined : { ran, waited };
    }),
  );
}

/** Returns what a machine was given between two readings. */
export function passed(
  before: HostTime | undefined,
  now: HostTime | undefined,
): HostTime | undefined {
  if (before === undefined || now === undefined) return undefined;
  return { ran: now.ran - before.ran, waited: now.waited - before.waited };
}
