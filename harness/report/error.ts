import { exitCodeOf, isLabError } from '../core/errors.ts';
import type { ErrorReport } from '../core/events.ts';
import { cleanLine } from '../core/text.ts';
import { plainStyle, type Style } from '../core/style.ts';

/**
 * Returns an error as lines to print: what was being done, to what, the evidence, what to
 * do next, and the code to search for.
 */
export function renderErrorReport(error: ErrorReport, style: Style = plainStyle): string[] {
  return [
    `${style.bad('error')} ${style.strong(cleanLine(error.doing))}`,
    ...error.what.split('\n').map((line) => `  ${cleanLine(line)}`),
    ...(error.details ?? []).map((line) => `  ${style.dim('|')} ${cleanLine(line)}`),
    `  ${style.strong('next:')} ${cleanLine(error.next)} ${style.dim(`[${error.code}]`)}`,
  ];
}

/**
 * Returns whatever was thrown as lines to print. Only a bug in the lab shows its stack,
 * and says how to report it.
 */
export function renderThrown(thrown: unknown, style: Style = plainStyle): string[] {
  if (isLabError(thrown)) return renderErrorReport(thrown, style);
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return [
    `${style.bad('error')} ${style.strong('the lab itself failed: this is a bug in it')}`,
    ...stack.split('\n').map((line) => `  ${line}`),
    `  ${style.strong('next:')} report these lines and the command you typed. The kernel is not judged by it.`,
  ];
}

/** Returns the exit status that whatever was thrown ends the lab with. */
export function exitCodeOfThrown(thrown: unknown): 1 | 2 | 3 {
  return isLabError(thrown) ? exitCodeOf(thrown.fault) : 3;
}
