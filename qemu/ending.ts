import { isLabError, labError } from '../harness/core/errors.ts';
import type { Console, MachineEnd } from './contracts.ts';
import { qemuMissing } from './program.ts';

/** How many lines of its console an error about a guest carries. */
const lastLines = 40;

/** Returns how a machine ended, as a clause: `the guest reset itself …`. */
export function describeEnd(end: MachineEnd): string {
  if (end.signal !== null) return `QEMU was killed by ${end.signal}`;
  if (end.status !== 0) return `QEMU left with status ${end.status ?? 'none'}`;
  switch (end.reason) {
    case 'guest-reset':
      return 'the guest reset itself (a panic, a triple fault or a reboot)';
    case 'guest-shutdown':
      return 'the guest switched itself off';
    case 'host-qmp-quit':
      return 'the lab ended QEMU';
    case 'host-signal':
      return 'QEMU was told to end by a signal';
    case undefined:
    default:
      return 'QEMU left without saying why';
  }
}

/** Returns the error for a machine that ended while somebody waited for its guest. */
export function endError(end: MachineEnd, console: Pick<Console, 'lines' | 'findings'>): Error {
  const complaint = console.findings.findLast((finding) => finding.kind === 'panic');
  const why = complaint === undefined ? describeEnd(end) : complaint.line;
  const crashed = complaint !== undefined || end.reason?.startsWith('guest') === true;
  return labError({
    code: crashed ? 'guest-crashed' : 'guest-lost',
    fault: crashed ? 'guest-crash' : 'infrastructure',
    doing: 'waiting for the guest',
    what: `it is gone: ${why}`,
    next: crashed
      ? "Read the console's last lines below, and its whole log in the results."
      : "Read QEMU's words below; if it was killed, look for who did it (the host's out-of-memory killer?).",
    details: [...end.stderr.split('\n').filter((line) => line !== ''), ...tailOf(console)],
  });
}

/** Returns a console's last lines. */
export function tailOf(console: Pick<Console, 'lines'>, count = lastLines): string[] {
  return console.lines.slice(-count);
}

/**
 * Returns the error for a QEMU that did not get as far as running the guest; `cause` is
 * what the lab noticed first.
 */
export function startError(command: string, end: MachineEnd, cause: unknown): Error {
  const details = end.stderr.split('\n').filter((line) => line !== '');
  if (end.stderr.includes('spawn setpriv ENOENT')) return setprivMissing();
  if (end.status === 127) return qemuMissing(command);
  if (isLabError(cause) && cause.code !== 'qmp-closed')
    return Object.assign(cause, { details: [...(cause.details ?? []), ...details] });
  return labError({
    code: 'qemu-start-failed',
    fault: 'infrastructure',
    doing: 'starting QEMU',
    what: lastWords(end.stderr) ?? describeEnd(end),
    next: 'Check the machine with `lab doctor`; QEMU names the option or the file it could not use.',
    details,
    cause,
  });
}

function setprivMissing(): Error {
  return labError({
    code: 'setpriv-missing',
    fault: 'infrastructure',
    doing: 'starting QEMU',
    what: 'setpriv is not installed; it ties QEMU to the lab',
    next: 'Install the package util-linux: every distribution has it.',
  });
}

/** Returns QEMU's last line that is no warning, without its own name. */
export function lastWords(stderr: string): string | undefined {
  const line = stderr
    .split('\n')
    .filter((text) => text.trim() !== '' && !text.includes('warning:'))
    .at(-1);
  return line?.replace(/^\S*qemu\S*:\s*/, '');
}
