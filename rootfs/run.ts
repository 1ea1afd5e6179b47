import { execa } from 'execa';
import { labError } from '../harness/core/errors.ts';
import { toolEnvironment } from '../harness/core/tool-environment.ts';
import { defined } from '../harness/core/defined.ts';
import type { ErrorCode } from '../harness/core/error-codes.ts';

/** What to say when a program fails. */
export interface RunOptions {
  /** `compiling shim`; a gerund phrase. */
  readonly doing: string;
  /** The error's stable code. */
  readonly code: ErrorCode;
  /** What the reader can do about it. */
  readonly next: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it compiles: of the lab's environment it sees what toolEnvironment() returns. */
  readonly compiles?: true;
  readonly signal?: AbortSignal;
}

/**
 * Runs a program and returns its standard output. Throws an infrastructure error with the
 * program's last words if it is missing or fails, and the signal's reason if it was stopped.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const result = await execa(program, args, {
    reject: false,
    all: true,
    stdin: 'ignore',
    extendEnv: options.compiles !== true,
    env: { ...toolEnvironment(), LC_ALL: 'C', ...options.env },
    ...defined({ cwd: options.cwd, cancelSignal: options.signal }),
  });
  options.signal?.throwIfAborted();
  if (!result.failed) return result.stdout;
  const ended =
    result.exitCode === undefined ? result.shortMessage : `exit status ${result.exitCode}`;
  throw labError({
    code: options.code,
    fault: 'infrastructure',
    doing: options.doing,
    what: `${program}: ${ended}`,
    next: options.next,
    details: result.all.split('\n').slice(-20),
    cause: result,
  });
}
