import { fetchImage, imageOfCommand } from '../../cases/cr/case-image.ts';
import type { FetchedImage, ImagePlace } from '../../cases/cr/case-image.ts';
import type { CallOptions, CheckpointResult, Guest, RestartResult } from '../suite/contracts.ts';
import { labError } from '../core/errors.ts';
import { callAnswer, pidsAnswer, slabsAnswer, stateAnswer, sysctlAnswer } from './guest-answers.ts';
import { guestAssertion } from '../suite/guest-assertion.ts';
import { checkpointWords, mustReturn, restartWords } from './guest-call.ts';
import {
  makeFolder,
  mountDisk,
  mountSmall,
  readGuestFile,
  sizeOf,
  writeGuestFile,
} from './guest-files.ts';
import { assembleParts } from './guest-parts.ts';
import type { GuestOptions, GuestParts } from './guest-parts.ts';
import { startProgram, startSubject } from './guest-subject.ts';
import { freeze, thaw, trace } from './guest-tasks.ts';
import { parseImage } from '../../cases/cr/image.ts';

/** A guest for one scope, and how to take back what was made in it. */
export interface ScopedGuest {
  readonly guest: Guest;
  /** Undoes everything, newest first; returns what could not be undone and why. */
  unwind(): Promise<readonly string[]>;
  /** Returns the image that was written or read last, if it is still there. */
  image(): Promise<FetchedImage | undefined>;
}

/** Returns the guest that a case, or a suite's hooks, work with. */
export function createGuest(options: GuestOptions): ScopedGuest {
  let place: ImagePlace | undefined;
  const shim: GuestOptions['shim'] = {
    ...options.shim,
    call: (argv, callOptions) => {
      place = imageOfCommand(argv) ?? place;
      return options.shim.call(argv, callOptions);
    },
  };
  const parts = assembleParts({ ...options, shim });
  const { call, callRaw, console, consoleFrom, undo } = parts;
  const images = createImagePlaces(parts);
  const guest: Guest = {
    console: {
      lines: () => console.since(consoleFrom),
      expect: (pattern) => expectLine(parts, pattern),
    },
    subject: (name, subjectOptions = {}) => startSubject(parts, name, subjectOptions),
    program: (argv, programOptions) => startProgram(parts, argv.join(' '), argv, programOptions),
    freeze: (...pids) => freeze(parts, pids),
    thaw: (...pids) => thaw(parts, pids),
    checkpoint: async (pid, callOptions = {}) =>
      checkpoint(parts, pid, callOptions, await images.next()),
    restart: (pid, image, callOptions = {}) => restart(parts, pid, image, callOptions),
    repeat: async (count, pid, callOptions = {}) => {
      const words = checkpointWords(pid, callOptions, await images.next());
      const answer = await call(callAnswer, ['repeat', String(count), '--', ...words]);
      mustReturn('checkpoint', answer);
      return answer.counts ?? {};
    },
    trace: (pid) => trace(parts, pid),
    state: async (pid) => {
      const { frozenGroup, ...facts } = await call(stateAnswer, ['state', String(pid)]);
      const { exists, state, ppid, tracer, uid, threads, comm } = facts;
      const frozen = frozenGroup === 'FROZEN';
      return { pid, exists, state, ppid, tracer, uid, threads, comm, frozen };
    },
    unusedPid: async () => (await call(pidsAnswer, ['pids'])).unused,
    slabs: async (...names) => {
      const { active } = await call(slabsAnswer, ['slabs', ...names]);
      return Object.fromEntries(
        Object.entries(active).map(([name, n]) => [name, n ?? noSlab(name)]),
      );
    },
    read: (path) => readGuestFile(parts, path),
    write: (path, data) => writeGuestFile(parts, path, data),
    sysctl: async (name, value) => {
      const { value: before } = await call(sysctlAnswer, ['sysctl', name]);
      if (value === undefined) return before;
      undo.push(`sysctl ${name}`, () => call(sysctlAnswer, ['sysctl', name, before]));
      return (await call(sysctlAnswer, ['sysctl', name, value])).value;
    },
    smallFileSystem: (kib) => mountSmall(parts, kib),
    disk: (type, kib) => mountDisk(parts, type, kib),
    folder: () => makeFolder(parts),
    shim: (...argv) => callRaw(argv),
  };
  const image = async () =>
    place && fetchImage(assembleParts({ ...options, onAnswer: () => undefined }), place);
  return { guest, unwind: () => undo.unwind(), image };
}

async function checkpoint(
  parts: GuestParts,
  pid: number,
  options: CallOptions,
  file: string,
): Promise<CheckpointResult> {
  const words = [...checkpointWords(pid, options, file), '--timeout', String(parts.patience)];
  const answer = await parts.call(callAnswer, words);
  mustReturn('checkpoint', answer);
  const { to = { kind: 'file', path: file } } = options;
  const path = to.kind === 'file' ? to.path : undefined;
  const source = to.kind === 'pipe' ? file : path;
  const bytes = answer.bytes ?? 0;
  const image = async () => {
    if (source === undefined) throw noImage(to.kind);
    const inPlace = to.kind === 'file' && (to.append === true || to.offset !== undefined);
    const end = inPlace && to.append === true ? await sizeOf(parts, source) : undefined;
    const start = end === undefined ? (inPlace ? (to.offset ?? 0) : 0) : end - bytes;
    return parseImage((await readGuestFile(parts, source, start)).subarray(0, bytes));
  };
  const { ret, errno, us } = answer;
  return { ret: ret ?? 0, errno, path, bytes, microseconds: us, image };
}

async function restart(
  parts: GuestParts,
  pid: number,
  image: string,
  options: CallOptions,
): Promise<RestartResult> {
  const words = [...restartWords(pid, image, options), '--timeout', String(parts.patience)];
  const { ret, errno, status, signal } = await parts.call(callAnswer, words);
  // On success restart does not return to its caller: the caller goes on as somebody else.
  return {
    ret: ret ?? 0,
    errno,
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof signal === 'string' ? { signal } : {}),
  };
}

function createImagePlaces(parts: GuestParts): { next(): Promise<string> } {
  let folder: Promise<string> | undefined;
  let count = 0;
  return {
    next: async () => {
      folder ??= makeFolder(parts);
      count += 1;
      return `${await folder}/image-${count}`;
    },
  };
}

async function expectLine(
  { console, consoleFrom, patience, onExpected }: GuestParts,
  pattern: RegExp,
): Promise<string> {
  // Named before it comes: the complaint may be there already, or take the guest with it.
  onExpected(pattern);
  const late = AbortSignal.timeout(patience);
  try {
    return await console.waitFor(pattern, { from: consoleFrom, signal: late });
  } catch (error) {
    if (!late.aborted) throw error;
    throw guestAssertion(`no console line matches ${String(pattern)}`, {
      operator: 'expect',
      expected: String(pattern),
      actual: console.since(consoleFrom).slice(-20).join('\n'),
    });
  }
}

function noSlab(name: string): never {
  throw labError({
    code: 'no-such-slab',
    fault: 'case',
    doing: 'counting objects of a slab cache',
    what: `the kernel has no cache called ${name}, or has merged it with another`,
    next: 'See /proc/slabinfo in `lab shell`.',
  });
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
