import type { Guest, KernelCallResult, Ran, Subject, TaskState } from './contracts.ts';
import type { GuestCall } from './host-protocol.ts';

/** Calls a method of the guest in the lab's process and returns its value. */
export type AskLab = (call: Omit<GuestCall, 'scope' | 'guest'>) => Promise<unknown>;

/** Something the guest has handed out that has methods of its own: a number to call it by. */
export type Handed<T> = T & { readonly thing: number };

/**
 * Returns the guest as a case sees it. It holds nothing: each call goes to the lab, which
 * can so undo what a case has made even when the case host had to be killed.
 */
export function createGuestProxy(ask: AskLab, lines: () => readonly string[]): Guest {
  // The lab's side is typed by the same contract: the value is what the method says it is.
  const call = async <T>(method: keyof Guest | 'expect', ...args: readonly unknown[]) =>
    (await ask({ method, args })) as T;
  return {
    console: { lines, expect: (pattern) => call<string>('expect', pattern) },
    subject: async (name, options) =>
      createSubjectProxy(ask, await call<Handed<SubjectFacts>>('subject', name, options)),
    program: async (argv, options) =>
      createSubjectProxy(ask, await call<Handed<SubjectFacts>>('program', argv, options)),
    run: (argv, options) => call<Ran>('run', argv, options),
    freeze: (...pids) => call<undefined>('freeze', ...pids),
    thaw: (...pids) => call<undefined>('thaw', ...pids),
    kernelCall: (name, words, options) =>
      call<KernelCallResult>('kernelCall', name, words, options),
    trace: async (pid) => {
      const { thing } = await call<Handed<object>>('trace', pid);
      const detach = async () => {
        await ask({ thing, method: 'detach', args: [] });
      };
      return { detach };
    },
    state: (pid) => call<TaskState>('state', pid),
    unusedPid: () => call<number>('unusedPid'),
    slabs: (...names) => call<Record<string, number>>('slabs', ...names),
    read: (path, from) => call<Uint8Array>('read', path, from),
    write: (path, data) => call<undefined>('write', path, data),
    sysctl: (name, value) => call<string>('sysctl', name, value),
    smallFileSystem: (kib) => call<string>('smallFileSystem', kib),
    disk: (type, kib) => call<string>('disk', type, kib),
    folder: () => call<string>('folder'),
    shim: (...argv) => call<Record<string, unknown>>('shim', ...argv),
  };
}

type SubjectFacts = Pick<Subject, 'name' | 'pid' | 'facts'>;

function createSubjectProxy(ask: AskLab, { thing, ...facts }: Handed<SubjectFacts>): Subject {
  const call = async <T>(method: keyof Subject, ...args: readonly unknown[]) =>
    (await ask({ thing, method, args })) as T;
  return {
    ...facts,
    ask: (line) => call<string>('ask', line),
    line: () => call<string>('line'),
    signal: (name) => call<undefined>('signal', name),
    ended: () => call<Awaited<ReturnType<Subject['ended']>>>('ended'),
  };
}
