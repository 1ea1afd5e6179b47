import { z } from 'zod';
import type { ArtefactPlace } from '../core/project.ts';
import type { Console } from '../../qemu/contracts.ts';
import { readAs } from './guest-answers.ts';
import type { Programs } from './guest-programs.ts';
import type { ShimAnswer, ShimClient } from './shim-client.ts';

/** What a guest is made of, for one scope: a case, or a suite's before and after hooks. */
export interface GuestOptions {
  readonly shim: Pick<ShimClient, 'call'>;
  readonly programs: Programs;
  readonly console: Pick<Console, 'since' | 'waitFor' | 'count'>;
  /** Index of the console line the scope begins at. */
  readonly consoleFrom: number;
  /** Milliseconds to wait for what must come at any moment: a line, a state, a call's return. */
  readonly patience: number;
  /** Milliseconds a call may take at most; the case's own deadline comes first. */
  readonly deadline: number;
  /** Returns where a command writes or reads what the project's cases are about, if it does. */
  readonly artefactOf?: ((argv: readonly string[]) => ArtefactPlace | undefined) | undefined;
  /** The kernel calls that the project names; undefined where it names none. */
  readonly calls?: readonly string[] | undefined;
  /** Told the shim's answers, for the report of a case that does not pass. */
  readonly onAnswer: (argv: readonly string[], answer: ShimAnswer) => void;
  /** Where console patterns go that came as the case expected. */
  readonly expected: RegExp[];
}

/** A guest's options and what its methods share. */
export interface GuestParts extends GuestOptions {
  readonly undo: UndoStack;
  /** Calls the shim and reads its answer. Throws what readAs throws. */
  readonly call: <T>(schema: z.ZodType<T>, argv: readonly string[]) => Promise<T>;
  /** Calls the shim and returns whatever it says. */
  readonly callRaw: (argv: readonly string[]) => Promise<ShimAnswer>;
}

/** Returns the parts of a guest in which nothing has been made yet. */
export function assembleParts(options: GuestOptions): GuestParts {
  const callRaw = async (argv: readonly string[]) => {
    const answer = await options.shim.call(argv, { deadline: options.deadline });
    options.onAnswer(argv, answer);
    return answer;
  };
  const call = async <T>(schema: z.ZodType<T>, argv: readonly string[]) =>
    readAs(schema, argv, await callRaw(argv));
  return { ...options, undo: createUndoStack(), call, callRaw };
}

/** What has been made in a guest and how to take it back. */
export interface UndoStack {
  /** `what` names the thing for the report, should `undo` fail: `freezer group of 12`. */
  push(what: string, undo: () => Promise<unknown>): void;
  /** Takes everything back, the newest first, and returns what could not be and why. */
  unwind(): Promise<readonly string[]>;
}

/** Returns an empty stack. */
export function createUndoStack(): UndoStack {
  const made: { readonly what: string; readonly undo: () => Promise<unknown> }[] = [];
  return {
    push: (what, undo) => void made.push({ what, undo }),
    unwind: async () => {
      const leftovers: string[] = [];
      for (let top = made.pop(); top !== undefined; top = made.pop()) {
        const { what, undo } = top;
        await undo().catch((error: unknown) => {
          leftovers.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        });
      }
      return leftovers;
    },
  };
}
