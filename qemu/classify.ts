import type { Finding, FindingKind } from '../harness/core/finding.ts';
import {
  complaints,
  dieHeader,
  dumpLine,
  memoryLine,
  type Complaint,
  type Shape,
} from './complaints.ts';

/** A complaint whose lines are still coming. */
interface OpenFinding {
  readonly kind: FindingKind;
  readonly shape: Shape;
  readonly line: string;
  readonly index: number;
  readonly lines: string[];
  /** How many of `lines` surely belong to it; what follows may be somebody else's. */
  sure: number;
  dieHeaderSeen: boolean;
  inStack: boolean;
}

export interface Classifier {
  /** Takes the next line and returns the complaints that it ends, or is. */
  feed(line: string): Finding[];
  /** Ends the complaint whose lines are still coming and returns it. */
  flush(): Finding[];
  /** That complaint as far as it has come. */
  open(): Finding | undefined;
}

/** Level and time that printk puts before a message, and 6.1's caller: `<4>[    1.23][    T1] `. */
const printkPrefix = /^(?:<\d>)?(?:\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? ?)?/;

/** Where a line of the kernel begins after a user program's unfinished one. */
const embeddedPrefix = /\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? /;

/** What printk has timed. A program's words on the console are not, see `stamped` below. */
const stamp = /\[ *\d+\.\d{6}\]/;

/** Init's own last words, which are on the console only. */
const lastWords = 'lab: died';

/** What a program of the guest has written to /dev/kmsg, which init passes on: see init.c. */
const programWord = 'user: ';

/** The lab's own lines: markers around cases, init's words. */
const labLine = /^(?:cr-lab|lab): (?!died|canary )/;

/** The line before a complaint's first one: `----[ cut here ]----`, lockdep's and SLUB's rulers. */
const ruler = /^-+\[ cut here \]-+$|^[=-]{20,}$/;

/** 6.1 puts a warning's own text between the ruler and the line that names it. */
const longestPreamble = 4;

/** Foreign lines that may come between those of one complaint: other programs print too. */
const toleratedStrangers = 3;

/** More lines than any complaint has; a console that only dumps must not grow one for ever. */
const longestFinding = 400;

/**
 * Returns a classifier for one guest's console. It knows 2.6.30's wording and 6.1's, and
 * needs every line in order, `index` counting from 0. `notices` are lines of the project's own
 * that are told of and turn nothing red. What programs write to the console or to /dev/kmsg is
 * no complaint, whatever it says.
 */
export function createClassifier(notices: readonly RegExp[] = []): Classifier {
  const rows: readonly Complaint[] = [
    ...complaints,
    ...notices.map((pattern): Complaint => ({ kind: 'notice', pattern, shape: 'line' })),
  ];
  let next = 0;
  let preamble: string[] = [];
  let current: OpenFinding | undefined;
  // A kernel that times its first line times all: what has no time is a program's.
  let stamped = false;

  function flush(): Finding[] {
    if (current === undefined) return [];
    const finding = close(current);
    current = undefined;
    return [finding];
  }

  function feed(line: string): Finding[] {
    const index = next++;
    const message = messageOf(line);
    if (labLine.test(message)) {
      preamble = [];
      return flush();
    }
    if (isStamped(line)) stamped = true;
    const untimed = stamped && !isStamped(line) && !message.startsWith(lastWords);
    if (untimed || message.startsWith(programWord))
      return current === undefined || extend(current, line, '(a program)') ? [] : flush();
    const match = findComplaint(rows, message);
    if (match !== undefined && !(current !== undefined && isPartOf(current, match.kind, message))) {
      const done = flush();
      current = {
        ...match,
        line,
        index: index - preamble.length,
        lines: [...preamble, line],
        sure: preamble.length + 1,
        dieHeaderSeen: dieHeader.test(message),
        inStack: false,
      };
      preamble = [];
      return match.shape === 'line' ? [...done, ...flush()] : done;
    }
    const done = current === undefined || extend(current, line, message) ? [] : flush();
    if (ruler.test(message)) preamble = [line];
    else if (preamble.length > 0) preamble.push(line);
    if (preamble.length > longestPreamble) preamble = [];
    return done;
  }

  return { feed, flush, open: () => (current === undefined ? undefined : close(current)) };
}

/** Tells whether a line, or what comes after a program's unfinished one, is printk's. */
export function isStamped(line: string): boolean {
  return stamp.test(line);
}

/** Returns what was said, without what printk and other programs put before it. */
export function messageOf(line: string): string {
  const message = line.replace(printkPrefix, '');
  const embedded = embeddedPrefix.exec(message);
  if (embedded === null) return message;
  return message.slice(embedded.index + embedded[0].length);
}

function findComplaint(
  rows: readonly Complaint[],
  message: string,
): { kind: FindingKind; shape: Shape } | undefined {
  const found = rows.find(({ pattern }) => pattern.test(message));
  return found === undefined ? undefined : { kind: found.kind, shape: found.shape };
}

/** Tells the second line of one complaint from the first of another. */
function isPartOf(current: OpenFinding, kind: FindingKind, message: string): boolean {
  if (kind === 'oops' && dieHeader.test(message) && current.kind === 'oops')
    return !current.dieHeaderSeen;
  if (current.kind === 'oom') return kind === 'oom' && !message.includes('invoked oom-killer');
  if (current.kind === 'warn') return message.startsWith('list_');
  return current.kind === 'rcu-stall' && kind === 'rcu-stall';
}

/** Adds a line to a complaint, or returns false if it is over. */
function extend(current: OpenFinding, line: string, message: string): boolean {
  if (current.lines.length >= longestFinding) return false;
  const belongs = continues(current, message);
  current.lines.push(line);
  if (dieHeader.test(message)) current.dieHeaderSeen = true;
  if (belongs) current.sure = current.lines.length;
  else if (current.lines.length - current.sure > toleratedStrangers) return false;
  return !/^---\[ end (?:trace|Kernel panic)/.test(message);
}

function continues(current: OpenFinding, message: string): boolean {
  if (/^(?:stack backtrace|Call Trace):/.test(message)) current.inStack = true;
  if (current.shape === 'report' && !current.inStack) return true;
  if (dumpLine.test(message)) return true;
  return current.shape === 'memory' && memoryLine.test(message);
}

function close(open: OpenFinding): Finding {
  const { kind, line, index } = open;
  const lines = open.lines.slice(0, open.sure);
  while (lines.length > 1 && messageOf(lines.at(-1) ?? '').trim() === '') lines.pop();
  return { kind, line, lines, index, fatal: kind !== 'notice' };
}
