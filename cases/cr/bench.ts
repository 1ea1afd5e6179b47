import { labError } from '../../harness/case.ts';
import type { BenchRow, BenchRules, Shim } from '../../harness/project.ts';

/** MiB that a guest has for these rows: a task, its image and a copy of as many bytes fit. */
const memory = 512;

/** MiB that the workload `dirty-64` has written. */
const dirty = 64;

/** 0.7 of dd's speed. */
const timesDd = 1.43;

const rows: readonly BenchRow[] = [
  {
    key: 'save',
    name: `checkpoint of a task with ${dirty} MiB dirty, in times of dd of as many bytes`,
    unit: '×',
    goal: timesDd,
    memory,
    measure: async (shim) => (await roundTrip(shim)).save,
  },
  {
    key: 'bring-back',
    name: 'its restart, in times of dd of as many bytes',
    unit: '×',
    goal: timesDd,
    memory,
    measure: async (shim) => (await roundTrip(shim)).bringBack,
  },
  {
    key: 'image-overhead',
    name: 'bytes of its image beyond those of its dirty pages',
    unit: '%',
    goal: 1,
    memory,
    measure: async (shim) => {
      const { bytes } = await save(shim, 'dirty-64');
      return (100 * (bytes - dirty * 2 ** 20)) / (dirty * 2 ** 20);
    },
  },
  {
    key: 'hole',
    name: 'image of a task with 1 GiB mapped, hardly touched',
    unit: 'MiB',
    goal: 0.25,
    memory,
    measure: async (shim) => (await save(shim, 'huge-hole')).bytes / 2 ** 20,
  },
  ...([1, 10, 100] as const).map((tasks): BenchRow => ({
    key: `tasks-${tasks}`,
    name: `checkpoint of ${tasks === 1 ? '1 task' : `${tasks} tasks`}`,
    unit: 'ms',
    goal: 20 * tasks,
    memory,
    measure: async (shim) => (await save(shim, workloadOf(tasks))).milliseconds,
  })),
  ...([1, 10, 100] as const).map((tasks): BenchRow => ({
    key: `restart-${tasks}`,
    name: `restart of ${tasks === 1 ? '1 task' : `${tasks} tasks`}, until they live`,
    unit: 'ms',
    goal: 20 * tasks,
    memory,
    measure: async (shim) => {
      await save(shim, workloadOf(tasks));
      return bringBack(shim);
    },
  })),
];

/** What `lab bench` measures with c/r. */
export const bench: BenchRules = {
  rows,
  one: 'a negative pid, -1:',
  short: [
    ...['arguments', 'blocked-caller', 'dead', 'denied', 'descriptors', 'error-record'],
    ...['file-size-limit', 'frozen-task', 'image-file', 'image-held-by-target', 'leader-gone'],
    ...['no-such-pid', 'not-frozen', 'order-of-checks', 'ptraced', 'self-checkpoint'],
    ...['self-restart', 'unprivileged', 'unsupported-tasks', 'container-leak'],
  ].map((name) => `cases/${name}.ts`),
  // The warning for dead tasks.
  change: 'is TASK_DEAD',
};

function workloadOf(tasks: number): string {
  return tasks === 1 ? 'count' : `tasks-${tasks}`;
}

/** Returns the milliseconds that work took. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

interface Saved {
  readonly bytes: number;
  readonly milliseconds: number;
}

const folder = '/tmp/bench';
const image = `${folder}/image`;

/** Starts a workload, saves it and ends it; its image stays. */
async function save(shim: Shim, name: string): Promise<Saved> {
  await shim(['rm', folder]);
  await shim(['mkdir', folder]);
  const group = `bench-${name}`;
  const { handle, pid } = await shim(['spawn', '--group', group, '--', 'work', name, folder]);
  await run(shim, ['busybox', 'sh', '-c', `until read word < ${folder}/said; do :; done`]);
  await shim(['freeze', String(pid), '--group', group]);
  let answer: Awaited<ReturnType<Shim>> = {};
  const words = ['checkpoint', '--pid', String(pid), '--flags', '1', '--out', image];
  const milliseconds = await time(async () => {
    answer = await shim(words);
  });
  const { errno, bytes } = answer;
  await shim(['end', String(handle)]);
  if (errno !== null) throw failed(`saving ${name}`, JSON.stringify(errno));
  return { bytes: Number(bytes), milliseconds };
}

/** Returns how long both ways took, in times of a dd of as many bytes to the same place. */
async function roundTrip(shim: Shim): Promise<{ save: number; bringBack: number }> {
  const { milliseconds } = await save(shim, 'dirty-64');
  const restart = await bringBack(shim);
  const words = [
    'busybox',
    'dd',
    'if=/dev/zero',
    `of=${folder}/copy`,
    'bs=64k',
    `count=${dirty * 16}`,
  ];
  const copies: number[] = [];
  while (copies.length < 3) {
    await shim(['rm', `${folder}/copy`]);
    copies.push(await time(() => run(shim, words)));
  }
  // The middle one.
  const [, dd = NaN] = copies.sort((a, b) => a - b);
  return { save: milliseconds / dd, bringBack: restart / dd };
}

/** Restarts what was saved last and lets it end. Returns how long it took until it lived, in ms. */
async function bringBack(shim: Shim): Promise<number> {
  const restart = await time(() => run(shim, ['restart', '--pids', '--no-wait', image]));
  await run(shim, [
    'busybox',
    'sh',
    '-c',
    `touch ${folder}/go; until [ -e ${folder}/verdict ]; do :; done`,
  ]);
  return restart;
}

/** Runs a program of the guest to its end. Throws if that is not 0. */
async function run(shim: Shim, words: readonly string[]): Promise<void> {
  const { handle } = await shim(['spawn', '--', ...words]);
  const { status } = await shim(['wait', String(handle)], { deadline: 120_000 });
  if (status !== 0) throw failed(words.join(' '), `its status is ${JSON.stringify(status)}`);
}

function failed(doing: string, what: string): Error {
  return labError({
    code: 'bench-guest-failed',
    fault: 'infrastructure',
    doing: `measuring: ${doing}`,
    what,
    next: 'Run the cases first: only what works is worth measuring.',
  });
}
