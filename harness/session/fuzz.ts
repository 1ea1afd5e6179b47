import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Image } from '../../kernel/base.ts';
import { labError } from '../core/errors.ts';
import type { CaseResult, PlannedCase } from '../core/events.ts';
import type { FuzzFinding, FuzzReport, MutantRange } from '../core/fuzz.ts';
import { engineRoot } from '../core/places.ts';
import type { FuzzRules, ProjectCli } from '../core/project.ts';
import { batchSuite, type BatchOrder, type BatchReport } from '../fuzz/batch.ts';
import { minimise, narrow, type DoesIt } from '../fuzz/narrow.ts';
import { renderFuzz } from '../fuzz/render.ts';
import { addCounts, type Shown } from '../fuzz/said.ts';
import { createMachinery } from '../guest/guests.ts';
import type { RunOptions } from '../plan/options.ts';
import { exitCodeOfRun } from '../results/outcome.ts';
import { countVerdicts } from '../results/results-collect.ts';
import { runCases } from '../run/runner.ts';
import { prepareCorpus } from './fuzz-corpus.ts';
import { keepFinding, type FoundFiles } from './fuzz-found.ts';
import type { Prepared } from './prepare.ts';
import { affordableJobs, baseReady } from './run-images.ts';
import { onEachImage, runPrepared } from './run-prepared.ts';
import type { Run } from './run-session.ts';

/** Which mutants are tried, and for how long. */
export interface FuzzChoice {
  readonly seed: number;
  /** The first of them. */
  readonly from: number;
  /** So many; undefined for as many as there is time for. */
  readonly images?: number | undefined;
  /** Seconds; undefined for as long as the images take. */
  readonly seconds?: number | undefined;
  /** Mutants that a guest tries before it is looked at and ended. */
  readonly batch: number;
  /** Only these mutations of each. */
  readonly only?: readonly number[] | undefined;
  /** How often each is tried. */
  readonly repeat: number;
}

/**
 * Has a project's program try mutants in pristine guests, a batch in each, and returns the exit
 * status: 0 if nothing was found, 1 if something was, 3 if a batch could not be judged.
 */
export async function runFuzz(
  options: RunOptions,
  choice: FuzzChoice,
  cli: ProjectCli,
): Promise<0 | 1 | 2 | 3> {
  const rules = cli.project.fuzz;
  if (rules === undefined) throw nothingToFuzz(cli);
  return runPrepared({
    ...{ options, cli, kind: 'fuzz' },
    work: async (prepared, run) => {
      const results = await onEachImage(prepared, (image) =>
        fuzzBase(image, rules, prepared, choice, run),
      );
      return { totals: countVerdicts(results.length, results), exitCode: exitCodeOfRun(results) };
    },
  });
}

function nothingToFuzz({ project }: ProjectCli): Error {
  return labError({
    code: 'fuzz-missing',
    fault: 'usage',
    doing: 'looking for what to fuzz',
    what: `lab.config.ts of ${project.name} has no key fuzz`,
    next: 'docs/fuzz.md says what a project needs for it.',
  });
}

/** Batches in a row that can't be judged, after which nothing more is begun. */
const mostErrors = 3;

/** Findings after which a base is given up: most are one bug, seen again. */
const mostFindings = 5;

async function fuzzBase(
  image: Image,
  rules: FuzzRules,
  prepared: Prepared,
  choice: FuzzChoice,
  run: Run,
): Promise<readonly CaseResult[]> {
  const { options, context } = run;
  const corpus = await prepareCorpus(image, rules, prepared, run);
  const lab: Lab = {
    image,
    rules,
    choice,
    run,
    prepared: { ...prepared, userSpaces: corpus.userSpaces },
  };
  context.emit(baseReady(image, corpus.userSpaces));
  const base = image.base.name;
  const results: CaseResult[] = [];
  const findings: FuzzFinding[] = [];
  const sum = { images: 0, milliseconds: 0, counts: {} as Record<string, number> };
  let errors = 0;
  const isEnough = () => findings.length >= mostFindings || errors >= mostErrors;
  const queue = queueBatches(choice, isEnough);
  const work = async (worker: number): Promise<void> => {
    const tryBatch = createTrial(`fuzz-${worker}`, lab);
    for (let range = queue(); range !== undefined; range = queue()) {
      const planned = plannedOf(range, choice, base);
      context.emit({ type: 'cases-planned', cases: [planned] });
      context.emit({ type: 'case-started', id: planned.id, base, guest: `fuzz-${worker}` });
      const { result, report } = await tryBatch({ range });
      sum.images += report?.images ?? 0;
      sum.milliseconds += report?.milliseconds ?? 0;
      sum.counts = addCounts(sum.counts, report?.counts ?? {});
      const finding =
        result.verdict === 'pass' || !isOfGuest(result)
          ? undefined
          : await explore(range, { result, report }, tryBatch, lab);
      if (finding !== undefined) findings.push(finding);
      const told = toCaseResult(planned, result, finding, run);
      errors = told.verdict === 'error' ? errors + 1 : 0;
      results.push(told);
      context.emit({ type: 'case-ended', result: told });
    }
  };
  const jobs = options.jobs ?? affordableJobs([image.base]);
  const ends = await Promise.allSettled(
    Array.from({ length: jobs }, (_, index) => work(index + 1)),
  );
  const report: FuzzReport = {
    ...{ base, seed: choice.seed, corpus: corpus.images, findings },
    images: sum.images,
    rate: sum.milliseconds === 0 ? 0 : Math.round((sum.images * 10_000) / sum.milliseconds) / 10,
    counts: sum.counts,
  };
  await writeFile(join(run.folder, `fuzz-${base}.json`), `${JSON.stringify(report, null, 2)}\n`);
  for (const text of renderFuzz(report)) context.emit({ type: 'note', text });
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
  return results;
}

/** Returns what hands out one batch after the other, until there are none or time is over. */
function queueBatches(
  { from, images, seconds, batch }: FuzzChoice,
  isEnough: () => boolean,
): () => MutantRange | undefined {
  const end = images === undefined ? Infinity : from + images;
  const start = performance.now();
  let next = from;
  return () => {
    const late = seconds !== undefined && performance.now() - start > seconds * 1000;
    if (next >= end || late || isEnough()) return undefined;
    const range = { from: next, count: Math.min(batch, end - next) };
    next += range.count;
    return range;
  };
}

interface Lab {
  readonly image: Image;
  readonly rules: FuzzRules;
  readonly choice: FuzzChoice;
  readonly run: Run;
  readonly prepared: Prepared;
}

interface Asked {
  readonly range: MutantRange;
  readonly repeat?: number | undefined;
  readonly only?: readonly number[] | undefined;
  /** Show the mutant, and try none. */
  readonly show?: boolean;
}

interface Tried {
  readonly result: CaseResult;
  /** What the guest said, if it was there to say it. */
  readonly report: BatchReport | undefined;
  /** Where a mutant that was shown is. */
  readonly folder: string;
}

type TryBatch = (asked: Asked) => Promise<Tried>;

/** Seconds for a batch, beside what its images take. */
const grace = 120;
/** Images a second that the slowest guest tries. */
const slowest = 5;

/** Returns what tries a batch in a guest of its own, as fresh as guests of cases are. */
function createTrial(name: string, { image, rules, choice, run, prepared }: Lab): TryBatch {
  const { cli, context } = run;
  const { userSpaces, accelerator, factor } = prepared;
  const { notices, calls } = cli.project;
  const folder = join(context.scratch, name);
  const machinery = createMachinery(
    { images: [image], userSpaces, accelerator, factor, folder, notices },
    context,
  );
  const quiet = { emit: () => undefined, signal: context.signal };
  let round = 0;
  return async ({ range, repeat = choice.repeat, only = choice.only, show = false }) => {
    round += 1;
    const own = join(folder, `batch-${round}`);
    await mkdir(own, { recursive: true });
    const seconds = grace + Math.ceil((range.count * repeat) / slowest);
    const order: BatchOrder = {
      ...{ program: rules.program, seed: choice.seed, range, only, repeat, folder: own, seconds },
    };
    const path = join(own, 'batch.ts');
    await writeFile(path, textOf(order));
    const planned = plannedOf(range, choice, image.base.name);
    const test = show ? batchSuite.show : batchSuite.batch;
    const entry = {
      planned: { ...planned, suite: batchSuite.name, test },
      ...{ file: { name: 'batch.ts', path }, seconds, rerun: '', look: [] },
    };
    const [result] = await runCases({ entries: [entry] }, machinery, quiet, {
      ...{ jobs: 1, isolation: 'file', factor, root: cli.root, calls },
      round: Number(name.replace(/\D/g, '')) * 100_000 + round,
    });
    context.signal.throwIfAborted();
    if (result === undefined) throw new Error('a batch has no result');
    const report = await readReport(own);
    for (const file of await readdir(folder))
      if (file.endsWith('.log')) await rm(join(folder, file), { force: true });
    if (!show) await rm(own, { recursive: true });
    return { result, report, folder: own };
  };
}

function textOf(order: BatchOrder): string {
  const batch = JSON.stringify(join(engineRoot, 'harness/fuzz/batch.ts'));
  return `import { registerBatch } from ${batch};\nregisterBatch(${JSON.stringify(order)});\n`;
}

async function readReport(folder: string): Promise<BatchReport | undefined> {
  const text = await readFile(join(folder, 'batch.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as BatchReport);
}

function plannedOf({ from, count }: MutantRange, { seed }: FuzzChoice, base: string): PlannedCase {
  const test = `mutants ${from} to ${from + count - 1}`;
  const suite = `seed ${seed}`;
  return { id: `fuzz > ${suite} > ${test}`, base, file: 'fuzz', suite, test };
}

/** Whether a red batch may be the kernel's doing; the lab's own trouble is not. */
function isOfGuest({ verdict, error }: CaseResult): boolean {
  return verdict === 'fail' || (error !== undefined && ofGuest.includes(error.code));
}

const ofGuest: readonly string[] = [
  ...[
    'case-overdue',
    'case-not-undone',
    'suite-not-undone',
    'guest-crashed',
    'guest-hang',
    'guest-lost',
  ],
  ...['machine-ended', 'session-lost', 'shim-ended', 'shim-failed', 'shim-garbled', 'shim-overdue'],
  ...['console-silent', 'ssh-overdue', 'kernel-hang'],
];

/** What a red batch shows, so that the same is known again: digits and addresses differ. */
function signOf({ result, report }: Pick<Tried, 'result' | 'report'>): string {
  const complaint = result.findings.find(({ fatal }) => fatal)?.line;
  const own = report?.findings[0]?.replace(/^\d+ /, '');
  const kept = report?.kept.map((each) => each.replace(/:.*/, '')).join(', ');
  const left = report?.left.map((each) => each.replace(/^\d+ /, '')).join(', ');
  return (
    complaint ??
    own ??
    (left === undefined || left === '' ? undefined : `left: ${left}`) ??
    (kept === undefined || kept === '' ? undefined : `kept: ${kept}`) ??
    result.error?.code ??
    result.reason?.split('\n')[0] ??
    'red'
  );
}

/** Whether two complaints are of one kind: of many, as where objects are kept, some are enough. */
function isSame(one: string, other: string): boolean {
  const plain = (text: string) =>
    text
      .replace(/^\[ *[\d.]+\] /, '')
      .replace(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/g, '#')
      .slice(0, 60);
  if (one.startsWith('kept: ') && other.startsWith('kept: ')) return true;
  return plain(one) === plain(other);
}

/** Objects that a leak is to leave: as many as a batch that was red by it. */
const leakTries = 500;

/** Looks for the one mutant, and for those of its mutations, that a red batch is red by. */
async function explore(
  range: MutantRange,
  first: Pick<Tried, 'result' | 'report'>,
  tryBatch: TryBatch,
  lab: Lab,
): Promise<FuzzFinding | undefined> {
  const { context } = lab.run;
  const sign = signOf(first);
  const leaks = sign.startsWith('kept: ') ? (first.report?.kept ?? []) : [];
  const does: DoesIt = async (part, only) => {
    const repeat = leaks.length === 0 ? undefined : Math.ceil(leakTries / part.count);
    const again = await tryBatch({ range: part, repeat, only });
    return (
      again.result.verdict !== 'pass' && isOfGuest(again.result) && isSame(signOf(again), sign)
    );
  };
  context.emit({
    type: 'note',
    text: `mutants ${range.from} to ${range.from + range.count - 1}: ${sign}; looking for the one`,
  });
  if (!(await does(range))) {
    const text = `mutants ${range.from} to ${range.from + range.count - 1}: ${sign}; not again in another guest`;
    context.emit({ type: 'warning', text });
  }
  const least = await narrow(range, does);
  const one = await showOne(least, undefined, tryBatch);
  const alone = least.count === 1 && one !== undefined;
  const only = alone ? await minimise(least, [...one.mutations.keys()], does) : undefined;
  const shown = alone ? await showOne(least, only, tryBatch) : undefined;
  const finding: FuzzFinding = {
    ...{ base: lab.image.base.name, seed: lab.choice.seed, range: least, only, sign, leaks },
    mutations: only?.map((number) => one?.mutations.get(number) ?? '') ?? [],
    words: shown?.words ?? [],
  };
  return keepFinding(finding, first.result, shown, lab.run.folder);
}

const shownShape = z.object({
  mutations: z.array(z.tuple([z.number(), z.string()])),
  words: z.array(z.string()),
  files: z.array(z.string()),
});

async function showOne(
  range: MutantRange,
  only: readonly number[] | undefined,
  tryBatch: TryBatch,
): Promise<(Shown & FoundFiles) | undefined> {
  const { result, folder } = await tryBatch({ range: { ...range, count: 1 }, only, show: true });
  if (result.verdict !== 'pass') return undefined;
  const text = await readFile(join(folder, 'shown.json'), 'utf8');
  const { mutations, words, files } = shownShape.parse(JSON.parse(text));
  return { mutations: new Map(mutations), words, files, folder };
}

function toCaseResult(
  planned: PlannedCase,
  result: CaseResult,
  finding: FuzzFinding | undefined,
  { options: { starts = 'npm run lab --' } }: Run,
): CaseResult {
  const range = finding?.range;
  const words =
    range === undefined
      ? []
      : ['--seed', finding?.seed, '--from', range.from, '--images', range.count];
  const only = finding?.only === undefined ? [] : ['--only', finding.only.join(',')];
  const keep =
    finding?.folder === undefined
      ? []
      : ['', `as a case: ${starts} fuzz --keep ${finding.folder}/finding.json`];
  const told =
    finding === undefined
      ? (result.reason ?? undefined)
      : [finding.sign, ...finding.mutations.map((each) => `  ${each}`), ...keep].join('\n');
  return {
    ...result,
    ...planned,
    ...(told === undefined ? {} : { reason: told }),
    // What was found is the kernel's, also where its guest was lost over it.
    ...(finding === undefined ? {} : { verdict: 'fail' as const }),
    rerun: [starts, 'fuzz', '--base', planned.base, ...words, ...only].join(' '),
    look: [],
  };
}
