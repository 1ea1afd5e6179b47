import type { Finding } from '../core/finding.ts';
import type { Console, MachineEnd, RunningMachine } from '../../qemu/contracts.ts';
import { describeEnd, tailOf } from '../../qemu/ending.ts';
import { firstOf } from '../core/deadline.ts';
import { reportOf } from '../core/errors.ts';
import type { ErrorReport } from '../core/events.ts';
import type { Interrogation, LiveGuest, Outside, Vigil } from './live-guest.ts';
import { placeOfHang } from '../../qemu/hang.ts';

/** Tells complaints that a kernel does not come back from, or not to be trusted again. */
export function isDeadly({ kind }: Finding): boolean {
  return kind === 'panic' || kind === 'oops';
}

/**
 * Returns what the machine itself tells of why a guest can't be reached: the kernel's last
 * words, or QEMU's end. Both may come after the connection is gone, so it waits for one of
 * them, at most so many milliseconds; undefined if neither comes.
 */
export async function probeMachine(
  { console, ended }: Pick<RunningMachine, 'console' | 'ended'>,
  patience: number,
): Promise<ErrorReport | undefined> {
  const end = await firstOf(ended, patience);
  const finding = findDeadly(console);
  if (finding === undefined && end === undefined) return undefined;
  return lossReport(console, finding, end);
}

/** What tells of a guest that it is lost, and why. */
type Witness = Pick<LiveGuest, 'shim' | 'console' | 'ended' | 'interrogate'>;

/** Resolves with the reason once a guest is of no more use: lost, ended or panicked. */
export function watchForLoss(
  witness: Witness,
  { patience, signal }: Pick<Vigil, 'patience' | 'signal'>,
): Promise<ErrorReport> {
  const { shim, console, ended } = witness;
  return new Promise((resolve) => {
    let stop: () => void = () => undefined;
    const settle = (report: ErrorReport) => {
      stop();
      resolve(report);
    };
    // A guest that has panicked holds its connection until QEMU leaves, if it does.
    stop = console.onFinding((finding) => {
      if (finding.kind !== 'panic') return;
      void firstOf(ended, patience).then((end) => settle(lossReport(console, finding, end)));
    });
    // The shim's client has probed the machine already before it says that it is lost.
    void shim.lost.then(async (error) => settle(await examine(witness, reportOf(error), signal)));
    void ended.then((end) => settle(lossReport(console, findDeadly(console), end)));
  });
}

/** A machine that runs on after its connection is gone is asked what its kernel is doing. */
async function examine(
  witness: Witness,
  error: ErrorReport,
  signal: AbortSignal,
): Promise<ErrorReport> {
  const hangs = error.code === 'session-lost' && (await firstOf(witness.ended, 0)) === undefined;
  return hangs ? explainHang(witness, error, signal) : error;
}

function findDeadly(console: Console): Finding | undefined {
  return console.findings.find(isDeadly);
}

function lossReport(
  console: Console,
  finding: Finding | undefined,
  end: MachineEnd | undefined,
): ErrorReport {
  const crashed = finding !== undefined || end?.reason?.startsWith('guest') === true;
  const words = end === undefined ? 'the connection is gone' : describeEnd(end);
  const stderr = (end?.stderr ?? '').split('\n').filter((line) => line !== '');
  return {
    code: crashed ? 'guest-crashed' : 'machine-ended',
    fault: crashed ? 'guest-crash' : 'infrastructure',
    doing: 'running a case',
    what: `the guest is gone: ${finding?.line ?? words}`,
    next: crashed
      ? "Read the console's last lines."
      : "Look for who ended QEMU: the host's out-of-memory killer, or somebody by hand.",
    details: [...stderr, ...tailOf(console)],
  };
}

/**
 * Asks a guest that no longer answers what it is at, and returns the error for it: the
 * kernel's, which fails the case, if that is proved to hang; else `unproved`, with what there
 * was to learn.
 */
export async function explainHang(
  { interrogate }: Pick<Outside, 'interrogate'>,
  unproved: ErrorReport,
  signal: AbortSignal,
): Promise<ErrorReport> {
  if (interrogate === undefined || signal.aborted) return unproved;
  const asking = interrogate(signal);
  const { lines, stuck } = await asking.catch((error: unknown): Interrogation => ({
    lines: [String(error)],
  }));
  const details = [...(unproved.details ?? []), ...lines];
  const told = details.length === 0 ? {} : { details };
  if (stuck === undefined) {
    const what = [unproved.what, placeOfHang(lines)].filter((part) => part !== undefined);
    return { ...unproved, ...told, what: what.join('; ') };
  }
  return {
    code: 'kernel-hang',
    fault: 'kernel',
    doing: unproved.doing,
    what: `the kernel hangs: ${stuck}; ${unproved.what}`,
    next: 'Read the stacks: who holds what the blocked task waits for, or what the loop waits for?',
    ...told,
  };
}
