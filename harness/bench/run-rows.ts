import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { labError } from '../core/errors.ts';
import type { Results } from '../results/results.ts';
import { parseResults } from '../results/results-read.ts';
import type { Bench, Row } from './row.ts';
import { repeat } from './sample.ts';

/** A case that needs little of the guest: what is measured is the way there. */
const oneCase = ['--grep', 'a negative pid, -1:'];

/** About a hundred cases that take less than 0.2 s each. */
const shortCases = [
  ...['arguments', 'blocked-caller', 'dead', 'denied', 'descriptors', 'error-record'],
  ...['file-size-limit', 'frozen-task', 'image-file', 'image-held-by-target', 'leader-gone'],
  ...['no-such-pid', 'not-frozen', 'order-of-checks', 'ptraced', 'self-checkpoint'],
  ...['self-restart', 'unprivileged', 'unsupported-tasks', 'container-leak'],
].map((name) => `cases/${name}.ts`);
const isolated = ['--isolate', 'case', ...shortCases];

export const runRows: readonly Row[] = [
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
      repeat(
        bench.times,
        async () => (await runLab(bench, { args: ['--fresh'] })).milliseconds / 1000,
      ),
  },
  {
    key: 'first-case',
    name: 'unchanged `npm run lab` to its first case',
    unit: 's',
    goal: 2,
    measure: (bench) =>
      repeat(bench.times, async () => {
        const { results } = await runLab(bench, { args: oneCase });
        const [guest] = results.guests;
        return ((guest?.start ?? NaN) + (guest?.ready ?? NaN)) / 1000;
      }),
  },
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
        const without = await runLab(bench, { args: ['--accel', 'tcg', ...shortCases] });
        const covered = await runLab(bench, { command: 'coverage', args: shortCases });
        return covered.milliseconds / without.milliseconds;
      }),
  },
  {
    key: 'change',
    name: 'one-line change of a patch to its verdict',
    unit: 's',
    goal: 40,
    measure: measureChange,
  },
  {
    key: 'cold',
    name: 'cold build of the kernel, nothing cached',
    unit: 's',
    goal: 120,
    measure: measureColdBuild,
  },
];

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
  const words = ['harness/bootstrap.mjs', 'lab', command, '--base', base, '--json'];
  const start = performance.now();
  const { stdout, stderr, exitCode } = await execa(
    'node',
    [...words, '--results', folder, ...args],
    { cwd: root, env, reject: false, cancelSignal: context.signal },
  );
  const milliseconds = performance.now() - start;
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

/** The line that is changed: the text of the warning for dead tasks, which `oneCase` never sees. */
const changedText = 'is TASK_DEAD';
const changedLine = new RegExp(`^(\\+.*)${changedText}`, 'm');

async function measureChange(bench: Bench): Promise<number[]> {
  const root = join(bench.context.scratch, 'changed');
  await copyLab(bench.root, root);
  const { base, series } = bench.image;
  const { patches } = series;
  const texts = await Promise.all(patches.map(({ path }) => readFile(path, 'utf8')));
  // The last one that writes it: what came before is moved by later patches.
  const last = texts.findLastIndex((text) => changedLine.test(text));
  const [patch, text] = [patches[last], texts[last]];
  if (patch === undefined || text === undefined)
    throw new RangeError('the series has no patch to change');
  const path = join(root, 'patches', base.name, patch.file);
  return repeat(bench.times, async (turn) => {
    // A text that no earlier bench can have left in the compiler's cache.
    const fresh = `${changedText} (${Date.now()}-${turn})`;
    await writeFile(path, text.replace(changedLine, `$1${fresh}`));
    return (await runLab(bench, { args: oneCase, root })).milliseconds / 1000;
  });
}

/** Copies what a run reads; packages are shared. */
async function copyLab(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'lab.config.ts'])
    await cp(join(from, name), join(to, name));
  for (const name of ['kernel', 'patches', 'rootfs', 'qemu', 'harness', 'cases'])
    await cp(join(from, name), join(to, name), { recursive: true });
  await symlink(join(from, 'node_modules'), join(to, 'node_modules'));
}

async function measureColdBuild(bench: Bench): Promise<number[]> {
  return repeat(bench.times, async (turn) => {
    const home = join(bench.context.scratch, `cold-${turn}`);
    const args = [...oneCase, '--source', bench.image.source.repository];
    const { results } = await runLab(bench, { args, env: { LAB_HOME: home } });
    const build = results.stages.find(({ stage }) => stage === 'build');
    return (build?.milliseconds ?? NaN) / 1000;
  });
}
