import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../kernel/base.ts';
import { isCounted } from '../../kernel/series/series.ts';
import { changeWord } from '../../qemu/guest-memory.ts';
import { userSpaceOf } from '../../rootfs/rootfs.ts';
import type { Context } from '../core/context.ts';
import { defined } from '../core/defined.ts';
import { labError } from '../core/errors.ts';
import type { CaseResult, ErrorReport, PlannedCase, Verdict } from '../core/events.ts';
import type { MutantOutcome, MutantResult, MutationReport } from '../core/mutants.ts';
import type { ProjectCli } from '../core/project.ts';
import { matchesGlob } from '../coverage/glob.ts';
import { readReached } from '../coverage/reached.ts';
import { createMachinery } from '../guest/guests.ts';
import { readTouched } from '../coverage/touched.ts';
import { casesReaching, indexLines, mayRun } from '../mutate/choose.ts';
import { diffOf } from '../mutate/diff.ts';
import type { Mutant, NotTried } from '../mutate/mutant.ts';
import { describeOutcome, nameOfMutant } from '../mutate/render.ts';
import type { NumberedMutant } from '../mutate/switches.ts';
import type { RunOptions } from '../plan/options.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { preparePlan } from '../plan/prepare-plan.ts';
import { shuffle } from '../plan/shuffle.ts';
import { exitCodeOfRun } from '../results/outcome.ts';
import { countVerdicts } from '../results/results-collect.ts';
import { runCases } from '../run/runner.ts';
import { findCaseFiles } from '../suite/list-cases.ts';
import {
  findOnBase,
  makeMutatedImage,
  type FoundOnBase,
  type MutatedImage,
} from './mutant-image.ts';
import { openMemory, type MutantMemory } from './mutant-memory.ts';
import { tryMutant, type RunTrial, type Trial } from './mutant-trial.ts';
import { readEquivalents, equivalentsFile, type Equivalent } from './mutants-file.ts';
import type { Prepared } from './prepare.ts';
import { affordableJobs, baseReady } from './run-images.ts';
import { onEachImage, runPrepared } from './run-prepared.ts';
import type { Run, RunEnd } from './run-session.ts';

/** Which mutants are tried. */
export interface MutateChoice {
  /** That many, drawn by the seed. */
  readonly sample?: number | undefined;
  readonly seed: number;
  /** Only those of lines that the series' last patch wrote. */
  readonly changed: boolean;
  /** Only those that a case runs. */
  readonly reached: boolean;
  /** Only these, by their ids. */
  readonly only: readonly string[];
  /** Only those of files that match one of these, if there are any. */
  readonly patterns: readonly string[];
  /** Tell which they are, and run nothing. */
  readonly list: boolean;
}

/**
 * Tries mutants of the series' lines on the cases that run them and returns the exit status: 0 if
 * every one was caught that a case runs, 1 if one survived, 3 if one could not be decided.
 */
export async function runMutate(
  options: RunOptions,
  choice: MutateChoice,
  cli: ProjectCli,
): Promise<0 | 1 | 2 | 3> {
  return runPrepared({
    ...{ options, cli, kind: 'mutate' },
    work: async (prepared, run) => {
      const results = await onEachImage(prepared, (image) =>
        mutateBase(image, prepared, choice, run),
      );
      return endOf(results, choice);
    },
  });
}

/** A list proves nothing and is no failure. */
function endOf(results: readonly CaseResult[], { list }: MutateChoice): RunEnd {
  const totals = countVerdicts(results.length, results);
  return { totals, exitCode: list ? 0 : exitCodeOfRun(results) };
}

/** A mutant that is to be tried, with the cases that run its line, the fastest first. */
interface Task {
  readonly mutant: NumberedMutant;
  readonly entries: readonly PlanEntry[];
  readonly planned: PlannedCase;
}

async function mutateBase(
  image: Image,
  prepared: Prepared,
  choice: MutateChoice,
  run: Run,
): Promise<readonly CaseResult[]> {
  const { options, cli, context } = run;
  const base = image.base.name;
  const found = await findOnBase(image, context);
  const equivalents = (await readEquivalents(cli.project)).filter(({ bases }) =>
    bases.includes(base),
  );
  warnOfStale(equivalents, found.mutants, context);
  const entries = await entriesFor(image, run);
  const reach = await reachOf(found, entries, context);
  const chosen = chooseMutants(found, reach, options, choice);
  context.emit(baseReady(image, prepared.userSpaces));
  if (choice.list) {
    for (const each of chosen) context.emit({ type: 'note', text: listed(each, found) });
    return [];
  }
  const mutated = await makeMutatedImage(found, options, context);
  const numbered = new Map(mutated.mutants.map((mutant) => [mutant.id, mutant]));
  const tasks = chosen.flatMap((each): Task[] => {
    const mutant = numbered.get(each.id);
    return mutant === undefined
      ? []
      : [{ mutant, entries: reach(mutant), planned: plannedOf(each, found, base) }];
  });
  context.emit({ type: 'cases-planned', cases: tasks.map(({ planned }) => planned) });
  const lab = { mutated, prepared, run };
  const memory = await openMemory(
    mutated.image,
    userSpaceOf(image.base, prepared.userSpaces),
    cli.project,
    context,
  );
  const outcomes = new Map<string, MutantResult>();
  const results: CaseResult[] = [];
  const close = (task: Task, outcome: MutantOutcome, start: number, known?: true): void => {
    outcomes.set(task.mutant.id, toResult(task.mutant, outcome, found, known));
    const result = toCaseResult(task, outcome, start, found, options);
    results.push(result);
    context.emit({ type: 'case-ended', result });
  };
  try {
    const waiting: Task[] = [];
    for (const task of tasks) {
      const equivalent = equivalents.find(({ id }) => id === task.mutant.id);
      const known = memory.recall(task.mutant, task.entries);
      const now = performance.now();
      if (equivalent !== undefined)
        close(task, { kind: 'equivalent', reason: equivalent.reason }, now);
      else if (task.entries.length === 0) close(task, { kind: 'unreached' }, now);
      else if (known !== undefined) close(task, known, now, true);
      else waiting.push(task);
    }
    await tryAll(waiting, memory, lab, close);
  } finally {
    const report = reportOf(found, mutated, choice, [...outcomes.values()]);
    context.emit({ type: 'mutants', report });
  }
  return results;
}

/** The cases that may be run on a base, the fastest first. */
async function entriesFor(
  image: Image,
  { options, cli, context }: Run,
): Promise<readonly PlanEntry[]> {
  const files = await findCaseFiles(options.files, cli.project);
  const whole = { ...options, shard: undefined, repeat: 1, shuffle: undefined };
  const plan = await preparePlan({ files, images: [image], options: whole, cli, context });
  const unknown = 1000;
  return plan.entries
    .filter(({ unmet, mistake, known }) => (unmet ?? mistake ?? known) === undefined)
    .sort((a, b) => (a.planned.expected ?? unknown) - (b.planned.expected ?? unknown));
}

type CasesOf = (mutant: Mutant) => readonly PlanEntry[];

/** Returns what tells the cases that run a mutant's line, as far as coverage has seen. */
async function reachOf(
  { image, hasCode }: FoundOnBase,
  entries: readonly PlanEntry[],
  context: Context,
): Promise<CasesOf> {
  const base = image.base.name;
  const isSeen = (files: Readonly<Record<string, unknown>>) =>
    entries.some(({ planned }) => files[planned.file] !== undefined);
  const reached = await readReached(base, image.key, context.home);
  if (isSeen(reached)) {
    const casesOf = indexLines(reached);
    return (mutant) => {
      const ids = casesReaching(mutant, { hasCode, casesOf });
      return entries.filter(({ planned }) => ids.has(planned.id));
    };
  }
  const touched = await readTouched(base, context.home);
  if (!isSeen(touched)) throw noCoverage(base);
  context.emit({
    type: 'note',
    text: 'coverage has seen another kernel: which cases run a line is told by its function',
  });
  return ({ function: name }) =>
    entries.filter(({ planned }) => mayRun(touched[planned.file], name));
}

function noCoverage(base: string): Error {
  return labError({
    code: 'mutants-no-coverage',
    fault: 'usage',
    doing: `looking for the cases that run the lines of ${base}`,
    what: 'no coverage of these cases is known',
    next: `Run \`lab coverage --base ${base}\` with the same cases first.`,
  });
}

/** Returns the mutants that are asked for, in the order of their places. Throws `mutants-none`. */
function chooseMutants(
  { image, mutants, patchOf }: FoundOnBase,
  casesOf: CasesOf,
  { shard }: RunOptions,
  { changed, reached, only, patterns, sample, seed }: MutateChoice,
): readonly Mutant[] {
  const last = image.series.patches.at(-1);
  const wanted = mutants
    .filter((mutant) => only.length === 0 || only.includes(mutant.id))
    .filter(({ file }) => patterns.length === 0 || patterns.some((each) => matchesGlob(file, each)))
    .filter((mutant) => !changed || patchOf(mutant) === last)
    .filter((mutant) => !reached || casesOf(mutant).length > 0);
  const drawn = sample === undefined ? undefined : new Set(shuffle(wanted, seed).slice(0, sample));
  const chosen = wanted
    .filter((mutant) => drawn?.has(mutant) !== false)
    .filter((_, index) => shard === undefined || index % shard.of === shard.index - 1);
  if (chosen.length > 0) return chosen;
  throw labError({
    code: 'mutants-none',
    fault: 'usage',
    doing: 'choosing the mutants',
    what: `none of the ${mutants.length} of ${image.base.name} is left`,
    next: '`lab mutate --list` shows which there are.',
  });
}

function warnOfStale(
  equivalents: readonly Equivalent[],
  mutants: readonly Mutant[],
  { emit }: Context,
): void {
  const ids = new Set(mutants.map(({ id }) => id));
  for (const { id, what } of equivalents)
    if (!ids.has(id))
      emit({
        type: 'warning',
        text: `${equivalentsFile}: there is no mutant ${id} any more (${what}); take it off the list`,
      });
}

interface Lab {
  readonly mutated: MutatedImage;
  readonly prepared: Prepared;
  readonly run: Run;
}

/** Counts the rounds of all workers: guests are named for them. */
let rounds = 0;

/** Returns what runs cases in guests of a worker's own, with a mutant on. */
function createTrial(name: string, { mutated, prepared, run }: Lab): RunTrial {
  const { cli, context } = run;
  const { userSpaces, accelerator, factor } = prepared;
  const { notices, calls } = cli.project;
  const folder = join(context.scratch, name);
  let on = 0;
  const machinery = createMachinery(
    {
      ...{ images: [mutated.image], userSpaces, accelerator, factor, folder, notices },
      // Without a mutant a number is written that none has: a guest that is treated otherwise
      // would be no measure.
      alter: ({ qmp }, own) => {
        const to = on === 0 ? mutated.mutants.length + 1 : on;
        return changeWord(qmp, join(own, 'memory'), { address: mutated.address, from: 0, to });
      },
    },
    context,
  );
  const quiet = { emit: () => undefined, signal: context.signal };
  return async (entries, number) => {
    on = number;
    await mkdir(folder, { recursive: true });
    rounds += 1;
    const results = await runCases({ entries }, machinery, quiet, {
      ...{ jobs: 1, isolation: 'file', factor, bail: true, shuffled: true, round: rounds },
      ...{ root: cli.root, calls },
    });
    context.signal.throwIfAborted();
    // A guest's console is of no use once its cases are judged, and there are thousands.
    for (const file of await readdir(folder)) await rm(join(folder, file), { force: true });
    return results;
  };
}

/** Times what a case took last that it may take with a mutant, and seconds for the least. */
const patience = { times: 4, least: 5 };

function withPatience(entry: PlanEntry): PlanEntry {
  const { expected } = entry.planned;
  if (expected === undefined) return entry;
  const seconds = Math.max(patience.least, (patience.times * expected) / 1000);
  return { ...entry, seconds: Math.min(seconds, entry.seconds ?? Infinity) };
}

/** Returns what runs a case with every mutant off, each once, and tells whether it passes. */
function createControl(memory: MutantMemory, lab: Lab): Trial['passesWithout'] {
  const { context } = lab.run;
  const run = createTrial('trial-off', lab);
  const asked = new Map<string, Promise<boolean>>();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (entry: PlanEntry): Promise<boolean> => {
    if (memory.isGreen(entry)) return true;
    const [result] = await run([entry], 0);
    if (result?.verdict === 'pass') {
      await memory.keepGreen(entry);
      return true;
    }
    const { id } = entry.planned;
    const text = `${id} is red with every mutant off, and so catches none: ${result?.reason ?? 'no reason was given'}`;
    context.emit({ type: 'warning', text });
    return false;
  };
  return (entry) => {
    const { id } = entry.planned;
    const known = asked.get(id);
    if (known !== undefined) return known;
    const answer = last.then(() => ask(entry));
    last = answer.catch(() => undefined);
    asked.set(id, answer);
    return answer;
  };
}

function jobsOf({ run, mutated }: Lab): number {
  return run.options.jobs ?? affordableJobs([mutated.image.base]);
}

async function tryAll(
  tasks: readonly Task[],
  memory: MutantMemory,
  lab: Lab,
  close: (task: Task, outcome: MutantOutcome, start: number) => void,
): Promise<void> {
  const { context } = lab.run;
  const queue = [...tasks];
  const passesWithout = createControl(memory, lab);
  const work = async (worker: number): Promise<void> => {
    const run = createTrial(`trial-${worker}`, lab);
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      const { planned, mutant } = task;
      const start = performance.now();
      const guest = `mutants-${worker}`;
      context.emit({ type: 'case-started', id: planned.id, base: planned.base, guest });
      const outcome = await tryMutant(mutant.number, task.entries.map(withPatience), {
        run,
        passesWithout,
      });
      if (outcome.kind !== 'undecided') await memory.keep(mutant, task.entries, outcome);
      close(task, outcome, start);
    }
  };
  const ends = await Promise.allSettled(
    Array.from({ length: jobsOf(lab) }, (_, index) => work(index + 1)),
  );
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}

function plannedOf(mutant: Mutant, found: FoundOnBase, base: string): PlannedCase {
  const { id, file, operator, lines, function: fn } = mutant;
  const suite = `${file}: ${fn}()`;
  const [changed = ''] = diffOf(textOf(mutant, found), mutant);
  const test = `${id}, line ${lines[0]}, ${operator}: ${changed.slice(1).trim()}`;
  return { id: `mutants > ${suite} > ${test}`, base, file: 'mutants', suite, test };
}

/** What a mutant's outcome is to a report: a mutant is a test of the cases. */
const verdicts: Readonly<Record<MutantOutcome['kind'], Verdict>> = {
  caught: 'pass',
  survived: 'fail',
  unreached: 'skip',
  equivalent: 'skip',
  undecided: 'error',
};

function toCaseResult(
  { planned, mutant, entries }: Task,
  outcome: MutantOutcome,
  start: number,
  found: FoundOnBase,
  { starts = 'npm run lab --' }: RunOptions,
): CaseResult {
  const verdict = verdicts[outcome.kind];
  const files = [...new Set(entries.map(({ planned: { file } }) => file))];
  const error: ErrorReport = {
    ...({ code: 'mutant-cut-short', fault: 'infrastructure', doing: 'trying a mutant' } as const),
    what: describeOutcome(outcome),
    next: 'Try it again; the kernel is not judged by it.',
  };
  const diff = outcome.kind === 'survived' ? diffOf(textOf(mutant, found), mutant) : [];
  return {
    ...planned,
    verdict,
    milliseconds: Math.round(performance.now() - start),
    reason: [describeOutcome(outcome), ...diff].join('\n'),
    ...(verdict === 'error' ? { error } : {}),
    ...{ findings: [], console: [], shim: [] },
    rerun: [starts, 'mutate', '--base', planned.base, '--only', mutant.id, ...files].join(' '),
  };
}

function toResult(
  mutant: Mutant,
  outcome: MutantOutcome,
  found: FoundOnBase,
  known: true | undefined,
): MutantResult {
  const { id, file, operator, lines, function: fn } = mutant;
  const patch = found.patchOf(mutant)?.number;
  const diff = diffOf(textOf(mutant, found), mutant);
  return {
    ...{ id, file, operator, diff, outcome },
    line: lines[0],
    function: fn,
    ...defined({ patch, known }),
  };
}

function textOf({ file }: Mutant, { texts }: FoundOnBase): string {
  return texts.get(file) ?? '';
}

function listed(mutant: Mutant, found: FoundOnBase): string {
  const diff = diffOf(textOf(mutant, found), mutant);
  const named = nameOfMutant(toResult(mutant, { kind: 'unreached' }, found, undefined));
  return [`${mutant.id} ${named}`, ...diff.map((line) => `    ${line}`)].join('\n');
}

function reportOf(
  { image, mutants, notTried }: FoundOnBase,
  mutated: MutatedImage,
  { sample: size, seed }: MutateChoice,
  results: readonly MutantResult[],
): MutationReport {
  const places = groupPlaces([...notTried, ...mutated.notTried]);
  const patches = image.series.patches.filter(isCounted);
  const inOrder = [...results].sort((a, b) =>
    a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
  );
  return {
    base: image.base.name,
    all: mutants.length,
    ...(size === undefined ? {} : { sample: { size, seed } }),
    mutants: inOrder,
    notTried: places,
    patches: patches.map(({ number, subject }) => ({ number, subject })),
  };
}

function groupPlaces(notTried: readonly NotTried[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const { file, line, reason } of notTried) (groups[reason] ??= []).push(`${file}:${line}`);
  return groups;
}
