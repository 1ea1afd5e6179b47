import { labError } from './errors.ts';
import { endGroup } from './process-group.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; default the lab's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly inputFile?: string;
  /** Where standard output goes instead of into memory. */
  readonly outputFile?: string;
  /** Ends the program and all its children; run() then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Sees each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds after which it is ended, and `timedOut` set. */
  readonly timeout?: number;
}

export interface RunResult {
  /** Exit status; null if a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program in a process group of its own and returns how it ended, whatever its
 * status. Throws `tool-missing` if there is no such program, and the abort's reason.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  options.signal?.throwIfAborted();
  // Late, because a lab that has everything cached runs nothing and need not load it.
  const { execa } = await import('execa');
  const child = execa(command, args, {
    detached: true,
    reject: false,
    stripFinalNewline: false,
    extendEnv: options.env === undefined,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
    ...(options.input !== undefined && { input: options.input }),
    ...(options.inputFile !== undefined && { inputFile: options.inputFile }),
    ...(options.input === undefined &&
      options.inputFile === undefined && { stdin: 'ignore' as const }),
    ...(options.outputFile !== undefined && { stdout: { file: options.outputFile } }),
    maxBuffer: 512 * 1024 * 1024,
  });
  const end = endGroup(child.pid);
  options.signal?.addEventListener('abort', end.now, { once: true });
  let timedOut = false;
  const timer =
    options.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          end.now();
        }, options.timeout);
  try {
    if (options.onLine !== undefined) watch(child, options.onLine);
    const result = await child;
    if (result.code === 'ENOENT' && result.exitCode === undefined) throw missing(command);
    options.signal?.throwIfAborted();
    return {
      status: result.exitCode ?? null,
      stdout: textOf(result.stdout),
      stderr: textOf(result.stderr),
      timedOut,
    };
  } finally {
    clearTimeout(timer);
    end.settle();
    options.signal?.removeEventListener('abort', end.now);
  }
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : '';
}

function watch(
  child: { stdout: NodeJS.ReadableStream | null; stderr: NodeJS.ReadableStream | null },
  onLine: (line: string) => void,
): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (chunk: Buffer | string) => {
      const lines = (rest + chunk.toString()).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    stream?.on('end', () => {
      if (rest !== '') onLine(rest);
    });
  }
}

function missing(command: string): Error {
  return labError({
    code: 'tool-missing',
    fault: 'infrastructure',
    doing: `running ${command}`,
    what: `there is no program ${command} on this machine`,
    next: 'Run `npm run lab -- doctor` to see what is missing and how to install it.',
  });
}

/** Returns the last lines of a program's words, for an error's details. */
export function lastLines(text: string, count = 12): string[] {
  return text.trimEnd().split('\n').slice(-count);
}
