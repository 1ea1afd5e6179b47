import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, stripVTControlCharacters } from 'node:util';
import { Assertion } from 'uvu/assert';
import { isLabError, reportOf } from '../core/errors.ts';
import type { AssertionReport, ErrorReport } from '../core/events.ts';
import { isGuestAssertion } from './guest-assertion.ts';
import type { Failure, Moment } from './host-protocol.ts';
import { defined } from '../core/defined.ts';

/** Frames of the engine's own say nothing of a case. */
const engine = join(import.meta.dirname, '..');

/** Long enough to see what differs, short enough for a report of a thousand cases. */
const longestValue = 4000;

/** Returns what a case or a hook threw as a report has it. `root` shortens file names. */
export function describeThrown(thrown: unknown, moment: Moment, root: string): Failure {
  if (thrown instanceof Assertion) {
    const assertion = describeAssertion(thrown, root);
    return { moment, message: assertion.message, assertion };
  }
  if (isGuestAssertion(thrown)) {
    const { message } = thrown;
    const at = placeOf(thrown, root);
    const assertion = { message, ...thrown.assertion, ...defined({ at }) };
    return { moment, message, assertion };
  }
  if (isLabError(thrown)) {
    return { moment, message: thrown.message, error: reportOf(thrown) };
  }
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspect(thrown);
  const what = firstLine(thrown instanceof Error ? message : `threw ${message}, which is no Error`);
  const error: ErrorReport = {
    code: thrown instanceof Error ? 'case-broken' : 'case-threw-no-error',
    fault: 'case',
    doing: moment === 'case' ? 'running a case' : `running its "${moment}" hook`,
    what,
    next: 'Correct the case: what is thrown here is neither an assertion nor a guest fault.',
    details: thrown instanceof Error ? (thrown.stack ?? '').split('\n').slice(0, 12) : [],
  };
  return { moment, message: what, error };
}

function describeAssertion(thrown: Assertion, root: string): AssertionReport {
  const at = placeOf(thrown, root);
  const { details } = thrown;
  return {
    message: firstLine(thrown.message),
    operator: thrown.operator,
    expected: show(thrown.expects),
    actual: show(thrown.actual),
    ...(typeof details === 'string' ? { diff: cut(stripVTControlCharacters(details)) } : {}),
    ...defined({ at }),
  };
}

/** Returns `cases/esrch.ts:12:3`: the first frame of the stack in a file of the repository's own. */
function placeOf(error: Error, root: string): string | undefined {
  for (const line of (error.stack ?? '').split('\n')) {
    const found = /(file:\/\/\/[^\s)]+|\/[^\s)]+?):(\d+):(\d+)\)?$/.exec(line);
    const [, place, row, column] = found ?? [];
    if (place === undefined || row === undefined || column === undefined) continue;
    const path = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (path.includes('/node_modules/') || path.startsWith(engine)) continue;
    return `${relative(root, path)}:${row}:${column}`;
  }
  return undefined;
}

function show(value: unknown): string {
  return cut(typeof value === 'string' ? value : inspect(value, { depth: 6, breakLength: 80 }));
}

function cut(text: string): string {
  return text.length <= longestValue
    ? text
    : `${text.slice(0, longestValue)}… (${text.length} characters)`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
