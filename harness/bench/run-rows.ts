import { existsSync } from 'node:fs';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { labError } from '../core/errors.ts';
import { engineRoot } from '../core/places.ts';
import type { FuzzReport } from '../core/fuzz.ts';
import type { BenchRules } from '../core/project.ts';
import type { Results } from '../results/results.ts';
import { parseResults } from '../results/results-read.ts';
import { whereTimeWent } from '../results/where-time-went.ts';
import type { Bench, Row } from './row.ts';
import { repeat } from './sample.ts';

/** Returns what runs of the lab cost; some need to be told which cases and which line to take. */
export function runRows(rules: Partial<BenchRules>): readonly Row[] {
  const { one, short, change } = rules;
  return [
    {
      key: 'unchanged',
      name: 'unchanged `npm run lab`, all cases proven before',
      unit: 's',
      goal: 15,
      measure: measureUnchanged,
    },
    {
      key: 'all',
      name: 'unchanged `npm run lab -- --fresh`, all cases run again',
      unit: 's',
      goal: 300,
      measure: (bench) =>
        repeat(bench.times, async () => {
          const { milliseconds, results } = await runLab(bench, { args: ['--fresh'] });
          const spent = whereTimeWent(results);
          if (spent !== undefined) bench.spent(spent);
          return milliseconds / 1000;
        }),
    },
    ...(one === undefined ? [] : oneCaseRows(['--grep', one], change)),
    ...(short === undefined ? [] : shortCaseRows(short)),
  ];
}

function oneCaseRows(args: readonly string[], change: string | undefined): readonly Row[] {
  return [
    {
      key: 'first-case',
      name: 'unchanged `npm run lab` to its first case',
      unit: 's',
      goal: 2,
      measure: (bench) =>
        repeat(bench.times, async () => {
          const { results } = await runLab(bench, { args });
          const [guest] = results.guests;
          return ((guest?.start ?? NaN) + (guest?.ready ?? NaN)) / 1000;
        }),
    },
    ...(change === undefined
      ? []
      : [
          {
            key: 'change',
            name: 'one-line change of a patch to its verdict',
            unit: 's',
            goal: 40,
            measure: (bench: Bench) => measureChange(bench, change, args),
          } as const,
        ]),
    {
      key: 'cold',
      name: 'cold build of the kernel, nothing cached',
      unit: 's',
      goal: 120,
      measure: (bench) => measureColdBuild(bench, args),
    },
  ];
}

function shortCaseRows(files: readonly string[]): readonly Row[] {
  const isolated = ['--isolate', 'case', ...files];
  return [
    {
      key: 'isolated',
      name: '100 short cases, a guest for each',
      unit: 's',
      goal: 45,
      measure: (bench) =>
        repeat(bench.times, async () => {
          const { milliseconds, results } = await runLab(bench, { args: isolated });
          return (milliseconds / results.cases.length) * (100 / 1000);
        }),
    },
    {
      key: 'overhead',
      name: 'share of such a run in which no guest is up',
      unit: '%',
      goal: 5,
      measure: (bench) =>
        repeat(bench.times, async () => {
          const { results } = await runLab(bench, { args: isolated });
          return (100 * (results.milliseconds - guestTime(results))) / results.milliseconds;
        }),
    },
    {
      key: 'coverage',
      name: 'such cases, a guest a file, with coverage, in times of without',
      unit: '×',
      goal: 1.15,
      measure: (bench) =>
        repeat(bench.times, async () => {
          const without = await runLab(bench, { args: ['--accel', 'tcg', ...files] });
          const covered = await runLab(bench, { command: 'coverage', args: files });
          return covered.milliseconds / without.milliseconds;
        }),
    },
  ];
}

/** Mutants: their guest's start and what it does once are little beside so many. */
const mutants = 2000;

/** What `lab fuzz` costs, of a project that it knows how to fuzz. */
export const fuzzRow: Row = {
  key: 'fuzz',
  name: 'one mutant of `lab fuzz`, tried in a guest',
  unit: 'ms',
  goal: 10,
  measure: (bench) => {
    const count = ['--images', String(mutants), '--batch', String(mutants), '--jobs', '1'];
    return repeat(bench.times, async (turn) => {
      await runLab(bench, { command: 'fuzz', args: [...count, '--seed', String(turn)] });
      const { name } = bench.image.base;
      const report = join(bench.context.scratch, `results/latest/fuzz-${name}.json`);
      const { rate } = JSON.parse(await readFile(report, 'utf8')) as FuzzReport;
      return 1000 / rate;
    });
  },
};

interface RunOf {
  /** The lab's command; `run` by default. */
  readonly command?: string;
  readonly args?: readonly string[];
  readonly root?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs the lab as a user does, in a process of its own. Throws if it is not green. */
async function runLab(
  bench: Bench,
  { command = 'run', args = [], root = bench.root, env = {} }: RunOf = {},
) {
  const { context, image } = bench;
  const base = image.base.name;
  const folder = join(context.scratch, 'results');
  // A copy of the lab is run as what it is.
  const own = join(root, 'harness/bootstrap.mjs');
  const start = [existsSync(own) ? own : join(engineRoot, 'harness/bootstrap.mjs'), 'lab', command];
  const words = [...start, '--base', base, '--json'];
  const begin = performance.now();
  const { stdout, stderr, exitCode } = await execa(
    'node',
    [...words, '--results', folder, ...args],
    { cwd: root, env, reject: false, cancelSignal: context.signal },
  );
  const milliseconds = performance.now() - begin;
  if (exitCode === 0) return { milliseconds, results: parseResults(stdout, 'its own output') };
  throw labError({
    code: 'bench-run-red',
    fault: 'infrastructure',
    doing: 'measuring a run of the lab',
    what: `it left with status ${exitCode ?? 'none'}`,
    next: 'Only a green run is worth measuring: run the lab first.',
    details: reasonsIn(stderr),
  });
}

/** What a run that is not green said of it: its reds, or its last lines if it told none. */
export function reasonsIn(stderr: string): readonly string[] {
  const lines = stderr.split('\n');
  const first = lines.findIndex((line) => /^(FAIL|ERROR) /.test(line));
  return first === -1 ? lines.slice(-20) : lines.slice(first, first + 60);
}

/** Milliseconds of a run in which at least one guest was up. */
export function guestTime({
  guests,
  milliseconds,
}: Pick<Results, 'guests' | 'milliseconds'>): number {
  const spans = guests
    .map(({ start, end }) => ({ start, end: end ?? milliseconds }))
    .sort((a, b) => a.start - b.start);
  let until = 0;
  let sum = 0;
  for (const { start, end } of spans) {
    sum += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return sum;
}

async function measureUnchanged(bench: Bench): Promise<number[]> {
  // In CI all cases run, whatever has been proven before.
  const plain = () => runLab(bench, { env: { CI: '' } });
  await plain();
  return repeat(bench.times, async () => (await plain()).milliseconds / 1000);
}

async function measureChange(
  bench: Bench,
  words: string,
  args: readonly string[],
): Promise<number[]> {
  const root = join(bench.context.scratch, 'changed');
  await copyProject(bench.root, root);
  const { patches } = bench.image.series;
  const line = new RegExp(`^(\\+.*)${words}`, 'm');
  const texts = await Promise.all(patches.map(({ path }) => readFile(path, 'utf8')));
  // The last one that writes it: what came before is moved by later patches.
  const last = texts.findLastIndex((text) => line.test(text));
  const [patch, text] = [patches[last], texts[last]];
  if (patch === undefined || text === undefined)
    throw new RangeError(`no patch of the series writes a line with ${words}`);
  const path = join(root, relative(bench.root, patch.path));
  return repeat(bench.times, async (turn) => {
    // A text that no earlier bench can have left in the compiler's cache.
    const fresh = `${words} (${Date.now()}-${turn})`;
    await writeFile(path, text.replace(line, `$1${fresh}`));
    return (await runLab(bench, { args, root })).milliseconds / 1000;
  });
}

/** Copies what a run reads; packages are shared. */
async function copyProject(from: string, to: string): Promise<void> {
  const left = new Set(['node_modules', 'results', '.git']);
  const filter = (path: string): boolean => !left.has(relative(from, path));
  await cp(from, to, { recursive: true, filter });
  const packages = join(from, 'node_modules');
  if (existsSync(packages)) await symlink(packages, join(to, 'node_modules'));
}

async function measureColdBuild(bench: Bench, one: readonly string[]): Promise<number[]> {
  return repeat(bench.times, async (turn) => {
    const home = join(bench.context.scratch, `cold-${turn}`);
    const args = [...one, '--source', bench.image.source.repository];
    const { results } = await runLab(bench, { args, env: { LAB_HOME: home } });
    const build = results.stages.find(({ stage }) => stage === 'build');
    return (build?.milliseconds ?? NaN) / 1000;
  });
}
