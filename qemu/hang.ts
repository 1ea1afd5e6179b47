import type { RunningMachine } from './contracts.ts';
import { passed, readHostTime, readProcessors, readRegisters } from './processors.ts';
import { blameOf } from './stacks.ts';
import { proveStuck, type Stuck } from './stuck.ts';
import { decodeStack, formatFrame, type SymbolFiles } from './symbols.ts';
import { pressSysRq } from './sysrq.ts';

export interface HangReport {
  /** Whether the kernel still took a SysRq key: if not, interrupts are off or it is gone. */
  readonly answered: boolean;
  /** What it printed: blocked tasks, the processors' stacks, all tasks. */
  readonly console: readonly string[];
  /** Of that, blocked tasks and the processors' stacks, each address with where it leads. */
  readonly stacks: readonly string[];
  /** Where in the kernel each processor is, a line each; none without symbols. */
  readonly places: readonly string[];
  /** QEMU's view of every processor. */
  readonly registers: readonly string[];
  /** Why it is the kernel that hangs, and nothing else, in words; undefined if that is not proved. */
  readonly stuck?: string;
}

export interface HangOptions {
  readonly signal: AbortSignal;
  readonly symbols?: SymbolFiles | undefined;
  /** Milliseconds to wait for the answer to one key; scale it with the calibration. */
  readonly patience?: number;
  /** The program that the guest is asked through; its children answer. */
  readonly server?: string;
}

/**
 * w: blocked tasks; l: what the processors do; t: all tasks, which is for the log; w again: a
 * task that is blocked at the same place still does not just wait its turn.
 */
const questions = ['w', 'l', 't', 'w'] as const;
const toldInFull = 2;

/**
 * Asks a hung guest why: SysRq through a break on its serial line, and the registers
 * through QMP, which needs no help from the guest. Returns what there was to learn; ends
 * nothing. Throws the signal's reason, and `qmp-closed` when QEMU is gone.
 */
export async function askHung(running: RunningMachine, options: HangOptions): Promise<HangReport> {
  const from = running.console.count;
  const { symbols, server = '' } = options;
  const { lastByte } = running.console;
  const before = await readHostTime(running);
  const looks = [readProcessors(await readRegisters(running))];
  const answers: string[][] = [];
  let told = from;
  for (const [index, key] of questions.entries()) {
    const begin = running.console.count;
    const answered = await pressSysRq(running, key, options);
    looks.push(readProcessors(await readRegisters(running)));
    // A kernel that ignores the first key ignores them all.
    if (!answered) break;
    answers.push(running.console.since(begin));
    if (index < toldInFull) told = running.console.count;
  }
  const time = passed(before, await readHostTime(running));
  const registers = await readRegisters(running);
  const console = running.console.since(from);
  const places = await locateProcessors(registers, symbols);
  const [blocked = [], , tasks = [], blockedStill] = answers;
  const answered = answers.length > 0;
  const stuck = proveStuck(
    {
      answered,
      looks,
      tasks,
      time,
      printed: running.console.lastByte !== lastByte,
      blocked: blockedStill === undefined ? [blocked] : [blocked, blockedStill],
    },
    server,
  );
  return {
    answered,
    console,
    registers,
    places,
    stacks: await annotate(console.slice(0, told - from), symbols),
    ...(stuck === undefined || !(await isRunning(running))
      ? {}
      : { stuck: await tellStuck(stuck, places, symbols) }),
  };
}

/** Whether QEMU lets the guest run: one that somebody has stopped can't answer. */
async function isRunning({ qmp }: RunningMachine): Promise<boolean> {
  const status = await qmp.execute('query-status');
  return (status as { readonly running?: unknown }).running === true;
}

async function tellStuck(
  { why, stack }: Stuck,
  places: readonly string[],
  symbols: SymbolFiles | undefined,
): Promise<string> {
  const decoded =
    symbols === undefined ? [] : await decodeStack(stack, symbols).catch(() => undefined);
  const blame = decoded && blameOf(decoded.flatMap(({ frames }) => frames));
  const place = stack.length === 0 ? placeOfHang(places) : undefined;
  return [why, blame, place].filter((part) => part !== undefined).join('; ');
}

/** Lines of a report about a hang; the console's log has all. */
const mostStackLines = 150;

/** Returns what a hang report tells a person, the processors' places first. */
export function describeHang({ answered, stacks, places, registers, stuck }: HangReport): string[] {
  const left = stacks.length - mostStackLines;
  return [
    ...(stuck === undefined ? [] : [`the kernel hangs: ${stuck}`]),
    ...(answered
      ? []
      : ['the kernel does not answer SysRq: its interrupts are off, or it is gone']),
    ...places,
    ...stacks.slice(0, mostStackLines),
    ...(left > 0 ? [`[… ${left} lines left out; the console log has them, and all tasks …]`] : []),
    ...registers.filter((line) => line.trim() !== '' && !vectorRegister.test(line)),
  ];
}

/** What of a kernel's registers tells nothing of why it hangs. */
const vectorRegister = /^(?:FPR|FCW|[XYZ]MM)/;

/** Returns what the first processor is at, of a hang report's lines. */
export function placeOfHang(lines: readonly string[]): string | undefined {
  return lines.find((line) => /^CPU \d+ is at /.test(line));
}

/** Returns lines with an arrow from each address to its place. */
async function annotate(
  lines: readonly string[],
  symbols: SymbolFiles | undefined,
): Promise<readonly string[]> {
  if (symbols === undefined) return lines;
  const decoded = await decodeStack(lines, symbols).catch(() => undefined);
  return (
    decoded?.flatMap(({ line, frames }) => {
      const known = frames.filter(({ file }) => file !== undefined);
      if (known.length === 0) return [line];
      return [line, `    -> ${known.map(formatFrame).join(', in ')}`];
    }) ?? lines
  );
}

async function locateProcessors(
  registers: readonly string[],
  symbols: SymbolFiles | undefined,
): Promise<string[]> {
  if (symbols === undefined) return [];
  const pointers = registers.flatMap(
    (line) => /(?:\b[RE]IP=|^ *PC=)([0-9a-f]{8,16})/.exec(line)?.[1] ?? [],
  );
  const decoded = await decodeStack(
    pointers.map((pointer) => `RIP: [<${pointer}>]`),
    symbols,
  );
  return decoded.map(({ frames }, cpu) => {
    const place = frames.map(formatFrame).join(', in ');
    return `CPU ${cpu} is at ${place === '' ? 'an address outside the kernel' : place}`;
  });
}
