import type {
  CallOptions,
  Destination,
  ProgramOptions,
  SubjectOptions,
} from '../suite/contracts.ts';
import type { CallAnswer } from './guest-answers.ts';
import { guestAssertion } from '../suite/guest-assertion.ts';

/** CHECKPOINT_SUBTREE: the target need not be the init of a container. */
const subtree = 1;

/** Returns the words of a checkpoint: the shim's `checkpoint` command without a deadline. */
export function checkpointWords(pid: number, options: CallOptions, file: string): string[] {
  const { flags = subtree, to = { kind: 'file', path: file } } = options;
  const words = ['--pid', String(pid), '--flags', String(flags)];
  return ['checkpoint', ...words, ...destinationWords(to, file), ...identityWords(options)];
}

/** Returns the words of a restart. The caller restores itself if `pid` is 0. */
export function restartWords(pid: number, image: string, options: CallOptions): string[] {
  const who = pid === 0 ? ['--self'] : ['--pid', String(pid)];
  const flags = ['--flags', String(options.flags ?? 0)];
  return ['restart', ...who, '--in', image, ...flags, ...identityWords(options)];
}

/** Returns who does something, as options of the shim. */
export function identityWords(
  options: CallOptions & SubjectOptions & Partial<ProgramOptions>,
): string[] {
  const { uid, gid, chroot, cwd, newPidNamespace, group } = options;
  return [
    ...(uid === undefined ? [] : ['--uid', String(uid)]),
    ...(gid === undefined ? [] : ['--gid', String(gid)]),
    ...(chroot === undefined ? [] : ['--chroot', chroot]),
    ...(cwd === undefined ? [] : ['--cwd', cwd]),
    ...(group === undefined ? [] : ['--group', group]),
    ...(newPidNamespace === true ? ['--new-pidns'] : []),
  ];
}

function destinationWords(to: Destination, file: string): string[] {
  switch (to.kind) {
    case 'file':
      return [
        ...['--out', to.path],
        ...(to.append === true ? ['--append'] : []),
        ...(to.offset === undefined ? [] : ['--offset', String(to.offset)]),
      ];
    case 'pipe':
      // What comes out of the pipe is kept, so that the image can be read.
      return ['--pipe', '--out', file];
    case 'closed-pipe':
      return ['--pipe-closed'];
    case 'closed-descriptor':
      return ['--closed-fd'];
    case 'read-only':
      return ['--readonly', to.path];
  }
}

/** Throws unless the call came back. Only a kernel can keep a system call from returning. */
export function mustReturn(name: string, answer: CallAnswer): void {
  if (answer.timeout)
    throw guestAssertion(
      answer.ended
        ? `${name} did not return; its caller had to be killed`
        : `${name} did not return, and its caller can't be killed`,
      { operator: 'returns', expected: 'a value', actual: JSON.stringify(answer) },
    );
  if (answer.ret === null)
    throw guestAssertion(`${name} did not return: its caller ended by ${howEnded(answer)}`, {
      operator: 'returns',
      expected: 'a value',
      actual: JSON.stringify(answer),
    });
}

function howEnded({ status, signal }: CallAnswer): string {
  return signal ?? `status ${status ?? 'unknown'}`;
}
