import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, labError, suite, type Guest } from '../case.ts';
import type { MutantRange } from '../core/fuzz.ts';
import { addCounts, readSaid, readShown, type Said } from './said.ts';

/** Where in a guest the corpus is, packed and unpacked. */
export const corpusPlace = {
  archive: '/bin/fuzz-corpus.tar',
  folder: '/tmp/fuzz-corpus',
  /** What each case of a project's corpus leaves. */
  left: '/tmp/fuzz-corpus.tar',
};

/** The suite of the cases that this file registers, and their names. */
export const batchSuite = { name: 'lab fuzz', batch: 'a batch', show: 'a mutant' };

/** What a batch is told; it goes to another process, as JSON. */
export interface BatchOrder {
  /** The project's program. */
  readonly program: string;
  readonly seed: number;
  readonly range: MutantRange;
  /** Only these mutations of each. */
  readonly only?: readonly number[] | undefined;
  /** How often each is tried. */
  readonly repeat: number;
  /** A folder of the host, for what the guest has to say. */
  readonly folder: string;
  readonly seconds: number;
}

/** What a batch leaves in its folder, as `batch.json`. */
export interface BatchReport extends Said {
  readonly images: number;
  readonly milliseconds: number;
  /** Slab caches that hold more than before, and by how many. */
  readonly kept: readonly string[];
  /** Tasks that were not there before. */
  readonly left: readonly string[];
}

/** Registers the cases that `lab fuzz` runs: a batch of mutants, and showing one. */
export function registerBatch(order: BatchOrder): void {
  const test = suite(batchSuite.name).within(order.seconds);
  test(batchSuite.batch, async ({ guest }) => tryBatch(guest, order));
  test(batchSuite.show, async ({ guest }) => showMutant(guest, order));
  test.run();
}

/** Mutants that bring into memory what stays there: caches are counted after them. */
const first = 50;

async function tryBatch(guest: Guest, order: BatchOrder): Promise<void> {
  const { range, folder, repeat } = order;
  await unpack(guest);
  const warming = Math.min(first, Math.floor(range.count / 4));
  const tasks = await tasksOf(guest);
  const start = performance.now();
  const early = await runProgram(guest, order, { from: range.from, count: warming }, 1);
  const before = await guest.slabs();
  const rest = { from: range.from + warming, count: range.count - warming };
  const late = await runProgram(guest, order, rest, repeat);
  const milliseconds = performance.now() - start;
  const kept = await keptSince(guest, before);
  const counts = addCounts(early.counts, late.counts);
  const report: BatchReport = {
    counts,
    findings: [...early.findings, ...late.findings],
    images: Object.values(counts).reduce((sum, each) => sum + each, 0),
    milliseconds: Math.round(milliseconds),
    kept,
    left: await newTasks(guest, tasks),
  };
  await writeFile(join(folder, 'batch.json'), JSON.stringify(report));
  assert.equal(report.findings, [], `${order.program} has found something`);
  assert.equal(report.left, [], 'tasks are left');
  assert.equal(report.kept, [], 'objects of these caches do not come back');
}

async function unpack(guest: Guest): Promise<void> {
  const { status, errors } = await guest.run(['tar', '-xf', corpusPlace.archive, '-C', '/']);
  if (status !== 0) throw failed('tar', status, errors);
}

async function runProgram(
  guest: Guest,
  order: BatchOrder,
  { from, count }: MutantRange,
  repeat: number,
): Promise<Said> {
  if (count === 0) return { counts: {}, findings: [] };
  const more = ['--count', String(count), '--repeat', String(repeat)];
  const words = [...wordsOf('run', order), '--from', String(from), ...more];
  const { status, signal, lines, errors } = await guest.run(words, { cwd: '/' });
  const said = readSaid(lines);
  if (status === 0 || said.findings.length > 0) return said;
  throw failed(order.program, status ?? signal, errors);
}

function wordsOf(command: string, { program, seed, only }: BatchOrder): string[] {
  const words = [program, command, '--corpus', corpusPlace.folder, '--seed', String(seed)];
  return only === undefined ? words : [...words, '--only', only.join(',')];
}

/** Leaves the mutant, what it was made of and `shown.json` in the host's folder. */
async function showMutant(guest: Guest, order: BatchOrder): Promise<void> {
  await unpack(guest);
  const out = await guest.folder();
  const words = [...wordsOf('show', order), '--from', String(order.range.from), '--out', out];
  const { status, signal, lines, errors } = await guest.run(words);
  if (status !== 0) throw failed(order.program, status ?? signal, errors);
  const { mutations, words: again } = readShown(lines);
  const names = (await guest.run(['ls', out])).lines;
  for (const name of names)
    await writeFile(join(order.folder, name), Buffer.from(await guest.read(`${out}/${name}`)));
  const shown = { mutations: [...mutations], words: again, files: names };
  await writeFile(join(order.folder, 'shown.json'), JSON.stringify(shown));
}

function failed(program: string, how: number | string | null, errors: readonly string[]): Error {
  return labError({
    code: 'fuzz-program',
    fault: 'case',
    doing: `running ${program} in a guest`,
    what: `it ended with ${how ?? 'nothing that is known'}`,
    next: 'See what it says; docs/fuzz.md tells what is asked of it.',
    details: errors.slice(-10),
  });
}

/** Objects that a cache may hold more of: what a single mutant keeps shows in a thousand tries. */
const tolerance = 40;

/** Packets lie in these; the network card takes half its ring of 256 at once, when it likes. */
const buffers = /^(skbuff|kmalloc-)/;

type Counts = Awaited<ReturnType<Guest['slabs']>>;

async function keptSince(guest: Guest, before: Counts): Promise<string[]> {
  for (let tries = 1; ; tries++) {
    const after = await guest.slabs(...Object.keys(before));
    const kept = Object.entries(before)
      .map(([name, count]) => ({ name, by: (after[name] ?? 0) - count }))
      .filter(({ name, by }) => by > (buffers.test(name) ? 200 : tolerance))
      .map(({ name, by }) => `${name}: ${by} more`);
    if (kept.length === 0 || tries === 20) return kept;
  }
}

async function tasksOf(guest: Guest): Promise<readonly number[]> {
  const { pids } = await guest.shim('pids');
  return Array.isArray(pids) ? pids.filter((pid) => typeof pid === 'number') : [];
}

/** Kernel threads come and go as they like: all are children of the second task. */
const threadsParent = 2;

/** What answers the lab makes tasks of its own for a moment: one that is left is seen each time. */
const looks = 20;

async function newTasks(guest: Guest, before: readonly number[]): Promise<string[]> {
  for (let tries = 1; ; tries++) {
    const left: string[] = [];
    for (const pid of await tasksOf(guest)) {
      if (before.includes(pid)) continue;
      const { exists, state, ppid, comm } = await guest.state(pid);
      if (exists && ppid !== threadsParent) left.push(`${pid} ${comm} ${state}`);
    }
    if (left.length === 0 || tries === looks) return left;
  }
}
