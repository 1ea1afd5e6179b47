import { readFile } from 'node:fs/promises';
import { bootGuest } from '../guest/boot-guest.ts';
import { createMachinery, openGuestShim } from '../guest/guests.ts';
import type { LiveGuest } from '../guest/live-guest.ts';
import type { Bench, Row } from './row.ts';
import { repeat, summarise, time } from './sample.ts';

/** Calls enough that the channel is warm and one disturbed call does not count. */
const calls = 200;

/** Milliseconds for what a guest should do at once. */
const patience = 10_000;

export const guestRows: readonly Row[] = [
  {
    key: 'boot',
    name: 'QEMU started to the end of the first SSH command, booted',
    unit: 's',
    goal: 1.8,
    measure: measureBoot,
  },
  {
    key: 'restore',
    name: "pristine guest to the shim's first answer, restored",
    unit: 's',
    goal: 0.5,
    measure: (bench) => eachGuest(bench, (_, milliseconds) => Promise.resolve(milliseconds / 1000)),
  },
  {
    key: 'call',
    name: 'one more call of the shim on an open connection',
    unit: 'ms',
    goal: 5,
    measure: (bench) => eachGuest(bench, timeCall),
  },
  {
    key: 'memory',
    name: 'host memory of a guest that answers',
    unit: 'MiB',
    goal: 200,
    measure: (bench) => eachGuest(bench, ({ pid }) => residentMemory(pid)),
  },
];

function measureBoot(bench: Bench): Promise<number[]> {
  const { context, times, prepared, image } = bench;
  const options = { ...prepared, folder: context.scratch };
  return repeat(times, async (turn) => {
    const start = performance.now();
    const running = await bootGuest(image, `bench-boot-${turn}`, options, context);
    try {
      const shim = await openGuestShim(running, options);
      await shim.call(['ping']);
      const taken = performance.now() - start;
      shim.close();
      return taken / 1000;
    } finally {
      await running.kill();
    }
  });
}

type Look = (guest: LiveGuest, milliseconds: number) => Promise<number>;

/** Opens a guest as a run does, that many times, and looks at each. */
function eachGuest(bench: Bench, look: Look): Promise<number[]> {
  const { context, times, prepared } = bench;
  const machinery = createMachinery({ ...prepared, folder: context.scratch }, context);
  const { name: base } = bench.image.base;
  const { signal } = context;
  const open = (name: string) =>
    machinery.openGuest({ base, name, signal, emit: () => undefined, patience });
  return (async () => {
    // The first one may have to be booted and saved.
    await (await open('bench-first')).kill();
    return repeat(times, async (turn) => {
      const start = performance.now();
      const guest = await open(`bench-guest-${turn}`);
      try {
        await guest.shim.call(['ping']);
        return await look(guest, performance.now() - start);
      } finally {
        guest.shim.close();
        await guest.kill();
      }
    });
  })();
}

async function timeCall({ shim }: LiveGuest): Promise<number> {
  const values = await repeat(calls, () => time(() => shim.call(['ping'])));
  return summarise(values).median;
}

/** Returns a process's resident set in MiB. */
async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
