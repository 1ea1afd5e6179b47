import { isLabError, labError, type LabError } from '../harness/core/errors.ts';
import type { Finding } from '../harness/core/finding.ts';
import type { MachineEnd, RunningMachine } from './contracts.ts';
import { describeEnd, tailOf } from './ending.ts';
import { askHung, describeHang, placeOfHang } from './hang.ts';
import { watchSilence } from './silence.ts';
import { decodeFinding, describeStack, type SymbolFiles } from './stacks.ts';
import type { ErrorCode } from '../harness/core/error-codes.ts';

export interface ReadyOptions {
  /** Milliseconds from now until the guest must be ready, calibration included. */
  readonly deadline: number;
  /** What the calibration says: on a host of more than 5, a boot's pauses are longer. Default 1. */
  readonly factor?: number;
  readonly signal: AbortSignal;
  /** Where the addresses of a crash lead. */
  readonly symbols?: SymbolFiles | undefined;
}

/** Milliseconds of silence after which a guest is given up. */
const longestSilence = 5000;

/** A boot pauses for 0.2 s where the factor is 1, on either base; milliseconds for each of it. */
const longestPause = 1000;

/** How often a guest is looked at whose pause is longer than that, in milliseconds. */
const interval = 250;

/** Init's words; printk's lines may run into them. */
const readyLine = /lab: ready\b/;

/** Why a boot is over. */
type Outcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'complaint'; readonly finding: Finding }
  | { readonly kind: 'ended'; readonly end: MachineEnd }
  | { readonly kind: 'silent'; readonly milliseconds: number }
  | { readonly kind: 'late' };

/**
 * Resolves when init says that the guest is ready, with the milliseconds that took from
 * now. Throws an error of fault `boot` as soon as the reason is known, never later:
 * `boot-panic`, `boot-init-died`, `boot-qemu-ended`, `boot-no-output`, `boot-stalled`,
 * `boot-late`, each with the console's last lines; or the signal's reason.
 */
export async function awaitReady(running: RunningMachine, options: ReadyOptions): Promise<number> {
  const started = performance.now();
  const outcome = await watchBoot(running, options, started);
  options.signal.throwIfAborted();
  if (outcome.kind === 'ready') return performance.now() - started;
  throw await explainBoot(running, outcome, options);
}

function watchBoot(
  running: RunningMachine,
  options: ReadyOptions,
  started: number,
): Promise<Outcome> {
  const { console } = running;
  const { deadline, factor = 1 } = options;
  const patience = Math.max(longestSilence, longestPause * factor);
  const silence = watchSilence(running, factor);
  const done = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return new Promise<Outcome>((resolve, reject) => {
    const decide = (finding: Finding) => {
      if (finding.kind === 'panic' || finding.kind === 'lab')
        resolve({ kind: 'complaint', finding });
    };
    const lookIn = (milliseconds: number) => {
      if (done.signal.aborted) return;
      const left = Math.max(0, started + deadline - performance.now());
      timer = setTimeout(() => void check().catch(fail), Math.min(left, milliseconds) + 1);
    };
    /** A QEMU that has left tells why by its end. */
    const fail = (error: Error) => {
      if (!isLabError(error) || error.code !== 'qmp-closed') reject(error);
    };
    const check = async () => {
      const now = performance.now();
      const lastByte = console.lastByte ?? started;
      if (now >= started + deadline) resolve({ kind: 'late' });
      else if (now - lastByte < longestPause) lookIn(longestPause - (now - lastByte));
      else {
        const look = await silence.look(lastByte);
        if (look === 'dead' || (look !== 'printed' && look >= patience))
          resolve({ kind: 'silent', milliseconds: performance.now() - lastByte });
        else lookIn(interval);
      }
    };
    const stopListening = console.onFinding(decide);
    done.signal.addEventListener('abort', stopListening);
    console.findings.forEach(decide);
    console
      .waitFor(readyLine, { signal: AbortSignal.any([done.signal, options.signal]) })
      .then(() => resolve({ kind: 'ready' }))
      .catch(() => {
        if (options.signal.aborted) reject(options.signal.reason as Error);
      });
    void running.ended.then((end) => resolve({ kind: 'ended', end }));
    lookIn(longestPause);
  }).finally(() => {
    clearTimeout(timer);
    done.abort();
  });
}

type Failure = Exclude<Outcome, { kind: 'ready' }>;

async function explainBoot(
  running: RunningMachine,
  outcome: Failure,
  options: ReadyOptions,
): Promise<LabError> {
  const failure = describeFailure(running, outcome, options);
  const tail = tailOf(running.console);
  const hang = await askWhy(running, outcome, options);
  const crash = running.console.findings.filter(({ kind }) => kind === 'panic' || kind === 'oops');
  const decoded = crash.map((finding) => decodeFinding(finding, options.symbols));
  const stack = (await Promise.all(decoded)).map(describeStack);
  const stderr = outcome.kind === 'ended' ? outcome.end.stderr.split('\n').filter(Boolean) : [];
  const doing = `booting the guest ${running.name}`;
  const details = [...stderr, ...tail, ...stack.flat(), ...hang];
  const what = [failure.what, placeOfHang(hang)].filter((part) => part !== undefined).join('; ');
  return labError({ ...failure, fault: 'boot', doing, what, details });
}

/** Milliseconds a silent kernel gets to answer a SysRq key. */
const answerPatience = 1000;

/** Returns what a guest that has gone silent tells of where it is. */
async function askWhy(
  running: RunningMachine,
  outcome: Failure,
  { signal, symbols }: ReadyOptions,
): Promise<readonly string[]> {
  if (outcome.kind !== 'silent') return [];
  const asked = askHung(running, { signal, symbols, patience: answerPatience });
  const told = asked.then(describeHang, (error: unknown) => [
    `it could not be asked: ${String(error)}`,
  ]);
  return told.finally(() => signal.throwIfAborted());
}

function describeFailure(
  { console }: RunningMachine,
  outcome: Failure,
  options: ReadyOptions,
): { readonly code: ErrorCode; readonly what: string; readonly next: string } {
  const last = console.partial.trim() === '' ? console.lines.at(-1) : console.partial;
  const where = last === undefined ? 'before its first line' : `after "${last}"`;
  switch (outcome.kind) {
    case 'complaint':
      return outcome.finding.kind === 'panic'
        ? {
            code: 'boot-panic',
            what: outcome.finding.line,
            next: 'Read the stack below from its top: the first function of the patched tree is where to look.',
          }
        : {
            code: 'boot-init-died',
            what: outcome.finding.line,
            next: 'Check that the kernel has what init asks for (kernel/config), or rebuild the rootfs.',
          };
    case 'ended':
      return {
        code: 'boot-qemu-ended',
        what: `${describeEnd(outcome.end)} ${where}`,
        next: 'A reset without a panic is a triple fault, often in code that runs before the console: bisect the series with `lab series check --boot`.',
      };
    case 'silent':
      return last === undefined
        ? {
            code: 'boot-no-output',
            what: `the guest printed nothing for ${seconds(outcome.milliseconds)}`,
            next: 'Check that the kernel has a serial console (console=ttyS0, kernel/config boot fragment) and runs on this CPU model.',
          }
        : {
            code: 'boot-stalled',
            what: `the guest went silent for ${seconds(outcome.milliseconds)} ${where}`,
            next: 'What the kernel prints after that line in a good boot is what hangs; `lab gdb` shows where it is.',
          };
    case 'late':
      return {
        code: 'boot-late',
        what: `the guest was not ready after ${seconds(options.deadline)}, and still printed: ${where}`,
        next: 'If it repeats itself, read the console; if it is only slow, the host is overloaded: run with fewer --jobs.',
      };
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
