import { identityWords, labError, type Guest } from '../../harness/case.ts';
import type { CallOptions, CheckpointResult, CrGuest, Destination } from './contracts.ts';
import { parseImage } from './image.ts';

/** CHECKPOINT_SUBTREE: the target need not be the init of a container. */
const subtree = 1;

/** Returns the words of a checkpoint: the shim's `checkpoint` command without a deadline. */
function checkpointWords(pid: number, options: CallOptions, file: string): string[] {
  const { flags = subtree, to = { kind: 'file', path: file } } = options;
  const words = ['--pid', String(pid), '--flags', String(flags)];
  return ['checkpoint', ...words, ...destinationWords(to, file), ...identityWords(options)];
}

/** Returns the words of a restart. The caller restores itself if `pid` is 0. */
function restartWords(pid: number, image: string, options: CallOptions): string[] {
  const who = pid === 0 ? ['--self'] : ['--pid', String(pid)];
  const flags = ['--flags', String(options.flags ?? 0)];
  return ['restart', ...who, '--in', image, ...flags, ...identityWords(options)];
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

/** Returns the guest with the two system calls; its images go to a folder that goes with it. */
export function withCalls(guest: Guest): CrGuest {
  const nextPath = createPaths(guest);
  return {
    ...guest,
    checkpoint: async (pid, options = {}) => checkpoint(guest, pid, options, await nextPath()),
    restart: async (pid, image, options = {}) => {
      const words = restartWords(pid, image, options);
      // On success restart does not return to its caller: the caller goes on as somebody else.
      const replaced = await guest.kernelCall('restart', words, { replacesCaller: true });
      const { ret, errno, status, signal } = replaced;
      return {
        ret: ret ?? 0,
        errno,
        ...(status === null ? {} : { status }),
        ...(signal === null ? {} : { signal }),
      };
    },
    repeat: async (count, pid, options = {}) => {
      const words = [
        'repeat',
        String(count),
        '--',
        ...checkpointWords(pid, options, await nextPath()),
      ];
      return (await guest.kernelCall('checkpoint', words, { unhurried: true })).counts;
    },
  };
}

async function checkpoint(
  guest: Guest,
  pid: number,
  options: CallOptions,
  file: string,
): Promise<CheckpointResult> {
  const answer = await guest.kernelCall('checkpoint', checkpointWords(pid, options, file));
  const { to = { kind: 'file', path: file } } = options;
  const path = to.kind === 'file' ? to.path : undefined;
  const source = to.kind === 'pipe' ? file : path;
  const bytes = answer.bytes ?? 0;
  const image = async () => {
    if (source === undefined) throw noImage(to.kind);
    const start = await startOf(guest, to, source, bytes);
    return parseImage((await guest.read(source, start)).subarray(0, bytes));
  };
  const { ret, errno, microseconds } = answer;
  return { ret: ret ?? 0, errno, path, bytes, microseconds, image };
}

/** Returns how many bytes of a file stand before the image that was written to it. */
async function startOf(
  guest: Guest,
  to: Destination,
  file: string,
  bytes: number,
): Promise<number> {
  if (to.kind !== 'file') return 0;
  if (to.append !== true) return to.offset ?? 0;
  const { size } = await guest.shim('stat', file);
  return (typeof size === 'number' ? size : 0) - bytes;
}

function createPaths(guest: Guest): () => Promise<string> {
  let folder: Promise<string> | undefined;
  let count = 0;
  return async () => {
    folder ??= guest.folder();
    count += 1;
    return `${await folder}/image-${count}`;
  };
}

function noImage(kind: string): Error {
  return labError({
    code: 'no-image-kept',
    fault: 'case',
    doing: 'reading an image',
    what: `a checkpoint to a ${kind} leaves none`,
    next: 'Ask for image() of checkpoints to files and pipes.',
  });
}
