import { appendFile, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { defined } from '../core/defined.ts';
import { hasCode, labError } from '../core/errors.ts';
import type { CaseResult } from '../core/events.ts';
import { withLock } from '../core/lock.ts';
import { cleanLine, clip } from '../core/text.ts';
import { outcomeOf, wasNotRun, type Outcome } from './outcome.ts';
import type { Results } from './results.ts';

/**
 * What cases came to, run by run, beside the runs' folders and after they are gone. A line of
 * the file is JSON: first its version, then for each run an object, the names of cases that were
 * not met before, `[base, id]`, numbered from 0 as they come, and a line a case that was run:
 * `[number, "p", milliseconds]`, with the reason after it where it did not pass.
 */
export interface History {
  /** In the order they began. */
  readonly runs: readonly PastRun[];
}

/** What the history keeps of a run. */
export interface PastRun extends Omit<Header, 'lines'> {
  readonly cases: readonly PastCase[];
}

/** What the history keeps of a case that was run; of one run several times, each time. */
export interface PastCase {
  /** Shared by all that is known of the case, so that it can be compared by identity. */
  readonly name: CaseName;
  readonly outcome: Outcome;
  readonly milliseconds: number;
  readonly reason?: string;
}

export interface CaseName {
  readonly base: string;
  readonly id: string;
}

const version = 1;

/** Bytes that the file may have: some 350 runs of 1300 cases each, many thousands of a few. */
const limits = { bytes: 8 * 2 ** 20, keptShare: 3 / 4 };

/** Characters of a reason that are kept. */
const reasonLength = 160;

const header = z
  .object({
    run: z.string(),
    time: z.string(),
    command: z.string(),
    /** Of the repository: digits, and what git says of files that differ. */
    commit: z.string().exactOptional(),
    kind: z.string().exactOptional(),
    /** What durations depend on beside the kernel: accelerator, host, processor. */
    place: z.string().exactOptional(),
    exit: z.int(),
    milliseconds: z.number(),
    bases: z
      .array(z.object({ base: z.string(), image: z.string().exactOptional() }).readonly())
      .readonly(),
    /** How many cases were not run because they had passed before. */
    proven: z.int().exactOptional(),
    /** The runs that it was merged of. */
    parts: z.array(z.string()).readonly().exactOptional(),
    /** How many lines after this one are the run's. */
    lines: z.int(),
  })
  .readonly();
type Header = z.infer<typeof header>;

const first = z.object({ history: z.int(), since: z.string() }).readonly();

const codes: Readonly<Record<string, Outcome>> = {
  ...{ p: 'pass', f: 'fail', k: 'known', e: 'error' },
};
const codeOf = Object.fromEntries(Object.entries(codes).map(([code, outcome]) => [outcome, code]));

/** Returns where the history of a results folder stands. */
export function historyPath(root: string): string {
  return join(root, 'history.jsonl');
}

/**
 * Returns the history of a results folder; an empty one where there is none yet. A run that is
 * not there to its end, say because the disk was full, is left out, and so is one that is part
 * of a merged run. Throws a `usage` error for what is no history, or a newer lab's.
 */
export async function readHistory(root: string): Promise<HistoryFile> {
  const { blocks, since } = parse(await readText(historyPath(root)), historyPath(root));
  return { ...asHistory(blocks), names: new Set(blocks.map(({ run }) => run)), since };
}

/** A history, and what its file does not want again. */
interface HistoryFile extends History {
  /** Of the runs that it has, those within a merged run as well. */
  readonly names: ReadonlySet<string>;
  /** ISO 8601; what began earlier has been removed. */
  readonly since: string;
}

/** Adds runs to the history of a results folder, those that it has left out. */
export async function addToHistory(
  root: string,
  runs: readonly Results[],
  most: number = limits.bytes,
): Promise<void> {
  if (runs.length === 0) return;
  const path = historyPath(root);
  await withLock(path, async () => {
    const text = await readText(path);
    const { names, blocks, since } = parse(text, path);
    const has = new Set(blocks.map(({ run }) => run));
    const numbers = new Map(names.map((name, index) => [keyOf(name), index]));
    const fresh = runs
      .filter(({ run, time }) => !has.has(run) && time >= since)
      .map((results) => encode(toPast(results), numbers));
    if (fresh.length === 0) return;
    // In one write, so that one which is cut short is seen to be: its lines are counted.
    const start = text === '' ? `${JSON.stringify({ history: version, since: '' })}\n` : '';
    const join = text === '' || text.endsWith('\n') ? '' : '\n';
    await appendFile(path, `${start}${join}${fresh.join('')}`);
    if ((await stat(path)).size > most) await cut(path, most * limits.keptShare);
  });
}

/** Removes the oldest runs, so that so many bytes are left. */
async function cut(path: string, bytes: number): Promise<void> {
  const { blocks } = parse(await readText(path), path);
  const kept: PastRun[] = [];
  const newest = inOrder(blocks).reverse();
  // Names come once: what a run takes is known when it is written after those that stay.
  let numbers = new Map<string, number>();
  let size = 0;
  for (const block of newest) {
    size += Buffer.byteLength(encode(block, numbers));
    if (size > bytes && kept.length > 0) break;
    kept.unshift(block);
  }
  numbers = new Map();
  const since = kept[0]?.time ?? '';
  const text = [
    `${JSON.stringify({ history: version, since })}\n`,
    ...kept.map((block) => encode(block, numbers)),
  ].join('');
  // Another process may read it meanwhile: it sees the old one or the new one.
  await writeFile(`${path}.new`, text);
  await sync(`${path}.new`);
  await rename(`${path}.new`, path);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}

/** Returns a run as the history keeps it. */
export function toPast(results: Results): PastRun {
  const { run, time, command, kind, exitCode, milliseconds, parts } = results;
  const { commit } = results.environment;
  const place = placeOf(results);
  const proven = results.cases.filter(({ provenIn }) => provenIn !== undefined).length;
  const names = new Map<string, CaseName>();
  const cases = results.cases.filter(isKept).map((result): PastCase => {
    const key = keyOf(result);
    const name = names.get(key) ?? { base: result.base, id: result.id };
    names.set(key, name);
    const { reason, assertion } = result;
    const outcome = outcomeOf(result);
    const why = outcome === 'pass' ? undefined : (assertion?.message ?? reason);
    return {
      ...{ name, outcome, milliseconds: Math.round(result.milliseconds) },
      ...(why === undefined ? {} : { reason: clip(cleanLine(why.trim()), reasonLength) }),
    };
  });
  return {
    ...{ run, time, command },
    ...defined({ commit, kind, parts }),
    ...(place === '' ? {} : { place }),
    ...{ exit: exitCode, milliseconds: Math.round(milliseconds) },
    bases: results.bases.map((base) => ({
      base,
      ...defined({ image: results.baseReports.find((report) => report.base === base)?.imageKey }),
    })),
    ...(proven === 0 ? {} : { proven }),
    cases,
  };
}

/** Returns what a run's durations depend on beside its kernels; empty if it says nothing of that. */
export function placeOf({ accelerator, environment }: Results): string {
  const { host, processor } = environment;
  return [accelerator?.name, host, processor].filter((fact) => fact !== undefined).join(', ');
}

/** A case that was not run, or not to its end, has no line: it says nothing. */
function isKept(result: CaseResult): boolean {
  return result.provenIn === undefined && !wasNotRun(result);
}

/** Returns a run's lines; `numbers` are the names' so far, and get those that are new. */
function encode({ cases, ...head }: PastRun, numbers: Map<string, number>): string {
  const lines = cases.flatMap(({ name, outcome, milliseconds, reason }) => {
    const key = keyOf(name);
    const known = numbers.get(key);
    const number = known ?? numbers.size;
    numbers.set(key, number);
    const tail = reason === undefined ? [] : [reason];
    return [
      ...(known === undefined ? [JSON.stringify([name.base, name.id])] : []),
      JSON.stringify([number, codeOf[outcome], milliseconds, ...tail]),
    ];
  });
  return `${[JSON.stringify({ ...head, lines: lines.length }), ...lines].join('\n')}\n`;
}

interface Parsed {
  readonly since: string;
  readonly names: readonly CaseName[];
  /** Whole runs, as they stand in the file. */
  readonly blocks: readonly PastRun[];
}

interface Block {
  readonly facts: Omit<PastRun, 'cases'>;
  readonly cases: PastCase[];
  left: number;
}

function parse(text: string, path: string): Parsed {
  if (text === '') return { since: '', names: [], blocks: [] };
  const [head, ...lines] = parseLines(text);
  const known = first.safeParse(head);
  if (!known.success || known.data.history !== version) throw unreadable(path, known.success);
  const names: CaseName[] = [];
  const blocks: Block[] = [];
  let block: Block | undefined;
  for (const line of lines) {
    if (Array.isArray(line)) {
      takeLine(line, names, block);
      continue;
    }
    const parsed = header.safeParse(line);
    block = parsed.success ? openBlock(parsed.data) : undefined;
    if (block !== undefined) blocks.push(block);
  }
  const whole = blocks.filter(({ left }) => left === 0);
  return {
    since: known.data.since,
    names,
    blocks: whole.map(({ facts, cases }) => ({ ...facts, cases })),
  };
}

function openBlock({ lines: left, ...facts }: Header): Block {
  return { facts, cases: [], left };
}

function takeLine(line: readonly unknown[], names: CaseName[], block: Block | undefined): void {
  const [start, code, milliseconds, reason] = line;
  if (block !== undefined) block.left -= 1;
  if (typeof start === 'string') {
    names.push({ base: start, id: String(code) });
    return;
  }
  const name = names[Number(start)];
  const outcome = codes[String(code)];
  if (name === undefined || outcome === undefined || typeof milliseconds !== 'number') return;
  const why = typeof reason === 'string' ? { reason } : {};
  block?.cases.push({ name, outcome, milliseconds, ...why });
}

/** A line that is no JSON, which a full disk leaves, is undefined; all at once is much faster. */
function parseLines(text: string): unknown[] {
  const lines = text.split('\n').filter((line) => line !== '');
  try {
    return JSON.parse(`[${lines.join(',')}]`) as unknown[];
  } catch {
    return lines.map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        return undefined;
      }
    });
  }
}

function asHistory(blocks: readonly PastRun[]): History {
  const within = new Set(blocks.flatMap(({ parts = [] }) => parts));
  return { runs: inOrder(blocks.filter(({ run }) => !within.has(run))) };
}

function inOrder(blocks: readonly PastRun[]): PastRun[] {
  return [...blocks].sort(compareTimes);
}

/** Orders runs by when they began, the oldest first. */
export function compareTimes(a: PastRun, b: PastRun): number {
  return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
}

/** Returns what a case is known by in a results folder. */
export function keyOf({ base, id }: CaseName): string {
  return `${base} ${id}`;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw labError({
      code: 'history-unreadable',
      fault: 'usage',
      doing: 'reading the history of runs',
      what: `${path}: ${error instanceof Error ? error.message : String(error)}`,
      next: 'Make it readable, or move it away: a new one begins with the runs that are kept.',
      cause: error,
    });
  }
}

function unreadable(path: string, isNewer: boolean): Error {
  return labError({
    code: 'history-unreadable',
    fault: 'usage',
    doing: 'reading the history of runs',
    what: isNewer ? `${path} is a newer lab's` : `${path} does not begin as a history does`,
    next: 'Move it away: a new one begins with the runs that are kept.',
  });
}
