import type { RunningMachine } from './contracts.ts';
import { consoleId } from './machine.ts';
import { decodeStack, formatFrame, type SymbolFiles } from './symbols.ts';

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
}

export interface HangOptions {
  readonly signal: AbortSignal;
  readonly symbols?: SymbolFiles | undefined;
  /** Milliseconds to wait for the answer to one key; scale it with the calibration. */
  readonly patience?: number;
}

/** w: blocked tasks; l: what the processors do; t: all tasks, which is for the log. */
const questions = ['w', 'l', 't'];
const toldInFull = 2;

const defaultPatience = 2000;

/** An answer is over when nothing has come for so long, in milliseconds. */
const silence = 200;

/**
 * Asks a hung guest why: SysRq through a break on its serial line, then the registers
 * through QMP, which needs no help from the guest. Returns what there was to learn; ends
 * nothing. Throws the signal's reason, and `qmp-closed` when QEMU is gone.
 */
export async function askHung(running: RunningMachine, options: HangOptions): Promise<HangReport> {
  const from = running.console.count;
  let answered = false;
  let told = from;
  for (const [index, key] of questions.entries()) {
    const answer = await pressSysRq(running, key, options);
    answered ||= answer;
    if (index < toldInFull) told = running.console.count;
    // A kernel that ignores the first key ignores them all.
    if (!answered) break;
  }
  const registers = (await running.qmp.human('info registers -a')).split(/\r?\n/);
  const console = running.console.since(from);
  return {
    ...{ answered, console, registers },
    stacks: await annotate(console.slice(0, told - from), options.symbols),
    places: await locateProcessors(registers, options.symbols),
  };
}

/** Lines of a report about a hang; the console's log has all. */
const mostStackLines = 150;

/** Returns what a hang report tells a person, the processors' places first. */
export function describeHang({ answered, stacks, places, registers }: HangReport): string[] {
  const left = stacks.length - mostStackLines;
  return [
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

/** Returns whether the kernel answered. */
async function pressSysRq(
  running: RunningMachine,
  key: string,
  options: HangOptions,
): Promise<boolean> {
  const from = running.console.count;
  const timeout = AbortSignal.timeout(options.patience ?? defaultPatience);
  const signal = AbortSignal.any([timeout, options.signal]);
  await running.qmp.execute('chardev-send-break', { id: consoleId });
  running.console.write(key);
  try {
    await running.console.waitFor(/sysrq ?: /i, { from, signal });
  } catch (error) {
    options.signal.throwIfAborted();
    if (timeout.aborted) return false;
    throw error;
  }
  await awaitSilence(running, options.signal);
  return true;
}

/** A kernel that prints without end while it hangs is not waited for longer, in milliseconds. */
const longestAnswer = 10_000;

/** Resolves when the console has been silent for a moment, or the machine has ended. */
async function awaitSilence(running: RunningMachine, signal: AbortSignal): Promise<void> {
  const end = performance.now() + longestAnswer;
  while (performance.now() < end) {
    const seen = running.console.lastByte;
    const timeout = AbortSignal.timeout(silence);
    const next = running.console.waitFor(/(?:)/, {
      from: running.console.count,
      signal: AbortSignal.any([timeout, signal]),
    });
    const printed = await next.then(
      () => true,
      () => false,
    );
    signal.throwIfAborted();
    if (!printed && running.console.lastByte === seen) return;
  }
}

async function locateProcessors(
  registers: readonly string[],
  symbols: SymbolFiles | undefined,
): Promise<string[]> {
  if (symbols === undefined) return [];
  const pointers = registers.flatMap((line) => /\bRIP=([0-9a-f]{16})/.exec(line)?.[1] ?? []);
  const decoded = await decodeStack(
    pointers.map((pointer) => `RIP: [<${pointer}>]`),
    symbols,
  );
  return decoded.map(({ frames }, cpu) => {
    const place = frames.map(formatFrame).join(', in ');
    return `CPU ${cpu} is at ${place === '' ? 'an address outside the kernel' : place}`;
  });
}
