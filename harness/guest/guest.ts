import type { ArtefactPlace } from '../core/project.ts';
import type { Guest } from '../suite/contracts.ts';
import { fetchArtefact, type Artefact } from './artefact.ts';
import { labError } from '../core/errors.ts';
import { pidsAnswer, slabsAnswer, stateAnswer, sysctlAnswer } from './guest-answers.ts';
import { guestAssertion } from '../suite/guest-assertion.ts';
import { callKernel } from './guest-call.ts';
import { makeFolder, mountDisk, mountSmall, readGuestFile, writeGuestFile } from './guest-files.ts';
import { assembleParts } from './guest-parts.ts';
import type { GuestOptions, GuestParts } from './guest-parts.ts';
import { runProgram, startProgram, startSubject } from './guest-subject.ts';
import { freeze, thaw, trace } from './guest-tasks.ts';

/** What a case, or a suite's hooks, work with in a guest, and how to take back what they make. */
export interface CaseScope {
  readonly guest: Guest;
  /** Console patterns that came as the case expected. */
  readonly expected: readonly RegExp[];
  /** Undoes everything, newest first; returns what could not be undone and why. */
  unwind(): Promise<readonly string[]>;
  /** Returns the artefact that was written or read last, if it is still there. */
  artefact(): Promise<Artefact | undefined>;
}

/** Returns a scope in which nothing has been made yet. */
export function openScope(options: GuestOptions): CaseScope {
  let place: ArtefactPlace | undefined;
  const shim: GuestOptions['shim'] = {
    call: (argv, callOptions) => {
      place = options.artefactOf?.(argv) ?? place;
      return options.shim.call(argv, callOptions);
    },
  };
  const parts = assembleParts({ ...options, shim });
  const { call, callRaw, console, consoleFrom, undo } = parts;
  const guest: Guest = {
    console: {
      lines: () => console.since(consoleFrom),
      expect: (pattern) => expectLine(parts, pattern),
    },
    subject: (name, subjectOptions = {}) => startSubject(parts, name, subjectOptions),
    program: (argv, programOptions) => startProgram(parts, argv.join(' '), argv, programOptions),
    run: (argv, who) => runProgram(parts, argv, who),
    freeze: (...pids) => freeze(parts, pids),
    thaw: (...pids) => thaw(parts, pids),
    kernelCall: (name, words, callOptions) => callKernel(parts, name, words, callOptions),
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
    read: (path, from) => readGuestFile(parts, path, from),
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
  const artefact = async () =>
    place && fetchArtefact(assembleParts({ ...options, onAnswer: () => undefined }), place);
  return { guest, expected: options.expected, unwind: () => undo.unwind(), artefact };
}

async function expectLine(
  { console, consoleFrom, patience, expected }: GuestParts,
  pattern: RegExp,
): Promise<string> {
  // Named before it comes: the complaint may be there already, or take the guest with it.
  expected.push(pattern);
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
