import { z } from 'zod';
import { createMachinery } from '../guest/guests.ts';
import { labError } from '../core/errors.ts';
import type { ShimClient } from '../guest/shim-client.ts';
import type { Bench, Row } from './row.ts';
import { repeat, summarise, time } from './sample.ts';

/** MiB a guest has for these rows: a task, its image and a copy of as many bytes fit. */
const memory = 512;

/** MiB that the workload `dirty-64` has written. */
const dirty = 64;

/** 0.7 of dd's speed. */
const timesDd = 1.43;

export const imageRows: readonly Row[] = [
  {
    key: 'save',
    name: `checkpoint of a task with ${dirty} MiB dirty, in times of dd of as many bytes`,
    unit: '×',
    goal: timesDd,
    measure: (bench) => inGuest(bench, async (shim) => (await roundTrip(shim)).save),
  },
  {
    key: 'bring-back',
    name: 'its restart, in times of dd of as many bytes',
    unit: '×',
    goal: timesDd,
    measure: (bench) => inGuest(bench, async (shim) => (await roundTrip(shim)).bringBack),
  },
  {
    key: 'image-overhead',
    name: 'bytes of its image beyond those of its dirty pages',
    unit: '%',
    goal: 1,
    measure: (bench) =>
      inGuest(bench, async (shim) => {
        const { bytes } = await save(shim, 'dirty-64');
        return (100 * (bytes - dirty * 2 ** 20)) / (dirty * 2 ** 20);
      }),
  },
  {
    key: 'hole',
    name: 'image of a task with 1 GiB mapped, hardly touched',
    unit: 'MiB',
    goal: 0.25,
    measure: (bench) =>
      inGuest(bench, async (shim) => (await save(shim, 'huge-hole')).bytes / 2 ** 20),
  },
  ...([1, 10, 100] as const).map((tasks): Row => ({
    key: `tasks-${tasks}`,
    name: `checkpoint of ${tasks === 1 ? '1 task' : `${tasks} tasks`}`,
    unit: 'ms',
    goal: 20 * tasks,
    measure: (bench) =>
      inGuest(bench, async (shim) => (await save(shim, workloadOf(tasks))).milliseconds),
  })),
  ...([1, 10, 100] as const).map((tasks): Row => ({
    key: `restart-${tasks}`,
    name: `restart of ${tasks === 1 ? '1 task' : `${tasks} tasks`}, until they live`,
    unit: 'ms',
    goal: 20 * tasks,
    measure: (bench) =>
      inGuest(bench, async (shim) => {
        await save(shim, workloadOf(tasks));
        return bringBack(shim);
      }),
  })),
];

function workloadOf(tasks: number): string {
  return tasks === 1 ? 'count' : `tasks-${tasks}`;
}

const spawned = z.looseObject({ handle: z.number(), pid: z.number() });
const ended = z.looseObject({ status: z.number().nullable() });
const called = z.looseObject({ errno: z.string().nullable(), bytes: z.number().nullable() });

/** Opens a guest with room for images, and measures in it that many times. */
async function inGuest(
  { context, times, prepared, image }: Bench,
  measure: (shim: ShimClient) => Promise<number>,
): Promise<number[]> {
  const { base } = image;
  const images = [{ ...image, base: { ...base, guest: { ...base.guest, memory } } }];
  const machinery = createMachinery({ ...prepared, images, folder: context.scratch }, context);
  const { signal } = context;
  const started = () => undefined;
  const handle = await machinery.openGuest({
    base: base.name,
    name: 'bench-images',
    signal,
    started,
  });
  try {
    return await repeat(times, () => measure(handle.session.shim));
  } finally {
    handle.session.close();
    await handle.kill();
  }
}

interface Saved {
  readonly bytes: number;
  readonly milliseconds: number;
}

const folder = '/tmp/bench';
const image = `${folder}/image`;

/** Starts a workload, saves it and ends it; its image stays. */
async function save(shim: ShimClient, name: string): Promise<Saved> {
  await shim.call(['rm', folder]);
  await shim.call(['mkdir', folder]);
  const group = `bench-${name}`;
  const { handle, pid } = spawned.parse(
    await shim.call(['spawn', '--group', group, '--', 'work', name, folder]),
  );
  await run(shim, ['busybox', 'sh', '-c', `until read word < ${folder}/said; do :; done`]);
  await shim.call(['freeze', String(pid), '--group', group]);
  let answer: unknown;
  const words = ['checkpoint', '--pid', String(pid), '--flags', '1', '--out', image];
  const milliseconds = await time(async () => {
    answer = await shim.call(words);
  });
  const { errno, bytes } = called.parse(answer);
  await shim.call(['end', String(handle)]);
  if (errno !== null) throw failed(`saving ${name}`, errno);
  return { bytes: bytes ?? NaN, milliseconds };
}

/** Returns how long both ways took, in times of a dd of as many bytes to the same place. */
async function roundTrip(shim: ShimClient): Promise<{ save: number; bringBack: number }> {
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
  const copies = await repeat(3, async () => {
    await shim.call(['rm', `${folder}/copy`]);
    return time(() => run(shim, words));
  });
  const dd = summarise(copies).median;
  return { save: milliseconds / dd, bringBack: restart / dd };
}

/** Restarts what was saved last and lets it end. Returns how long it took until it lived, in ms. */
async function bringBack(shim: ShimClient): Promise<number> {
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
async function run(shim: ShimClient, words: readonly string[]): Promise<void> {
  const { handle } = spawned.parse(await shim.call(['spawn', '--', ...words]));
  const { status } = ended.parse(await shim.call(['wait', String(handle)], { deadline: 120_000 }));
  if (status !== 0) throw failed(words.join(' '), `it left with ${status ?? 'a signal'}`);
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
