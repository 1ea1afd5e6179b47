import { assert } from '../cr/case.ts';
import type { Guest } from '../cr/case.ts';
import { keptSince } from './slabs.ts';
import {
  bringBack,
  destroy,
  endWell,
  freezeAll,
  save,
  startWorkload,
  textOf,
  thaw,
} from './workload.ts';

const knobs = '/sys/kernel/debug/failslab';

/** Has one allocation fail of those who may be hit: the next but `nth` - 1. */
export async function failNth(guest: Guest, nth: number): Promise<void> {
  for (const [knob, value] of [
    ...[['task-filter', 'Y'] as const, ['ignore-gfp-wait', 'N'] as const],
    ...[['verbose', '0'] as const, ['probability', '100'] as const, ['space', '0'] as const],
    ...[['interval', String(nth)] as const, ['times', '1'] as const],
  ])
    await guest.write(`${knobs}/${knob}`, value);
}

/** Lets no allocation fail any more. */
export async function failNone(guest: Guest): Promise<void> {
  await guest.write(`${knobs}/probability`, '0');
  await guest.write(`${knobs}/times`, '0');
}

/** How the allocations of a checkpoint are made to fail, and what that is to come to. */
export interface Failing {
  readonly fail: typeof failEveryAllocation;
  /** So many have to. */
  readonly least: number;
  /** Of which a failure could keep some, and how many objects are none of its. */
  readonly caches: readonly string[];
  readonly tolerance: number;
}

/** Asserts that a workload is as it was after checkpoints of it for which there was no memory. */
export async function survivesFailures(
  guest: Guest,
  name: string,
  { fail, least, caches, tolerance }: Failing,
): Promise<void> {
  const workload = await startWorkload(guest, name);
  await freezeAll(guest, workload);
  const path = `${await guest.folder()}/image`;
  const words = ['checkpoint', '--pid', String(workload.pid), '--flags', '1', '--out', path];
  const before = await guest.slabs(...caches);
  const failures = await fail(guest, async () => {
    const { errno } = await guest.shim(...words, '--make-it-fail');
    assert.ok(errno === null || errno === 'ENOMEM', String(errno));
    return errno === null;
  });
  assert.ok(failures >= least, `${failures} allocations have failed`);
  assert.equal(await keptSince(guest, before, tolerance), [], 'nothing is kept');
  await thaw(guest, workload);
  const image = await save(guest, workload);
  await destroy(guest, workload);
  await endWell(guest, await bringBack(guest, workload, image));
}

/**
 * Has the kernel refuse its caller each allocation in turn, until a call needs no more. The
 * kernel counts on from call to call: one that was refused is where the next count begins, so
 * each number is tried twice, and the second time it is that allocation. `call` returns whether
 * it went well. Returns how many there are.
 */
export async function failEveryAllocation(
  guest: Guest,
  call: () => Promise<boolean>,
): Promise<number> {
  const isRefused = async () => {
    await guest.write(`${knobs}/times`, '1');
    // What does without is no failure.
    return !(await call()) || (await textOf(guest, `${knobs}/times`)).trim() === '0';
  };
  try {
    await failNth(guest, 1);
    for (let nth = 1; ; nth++) {
      await guest.write(`${knobs}/interval`, String(nth));
      if (!(await isRefused()) || !(await isRefused())) return nth - 1;
    }
  } finally {
    await failNone(guest);
  }
}

/**
 * Has the kernel refuse its caller one allocation, an early one first and then later ones, until
 * a call gets by without; the kernel counts on from call to call, so that none is left out for
 * ever. `call` returns whether it went well. Returns how many were refused.
 */
export async function failEachAllocation(
  guest: Guest,
  call: () => Promise<boolean>,
): Promise<number> {
  let failures = 0;
  try {
    for (let nth = 1; nth < 500; nth += Math.max(1, Math.floor(nth / 8))) {
      await failNth(guest, nth);
      const well = await call();
      const left = (await textOf(guest, `${knobs}/times`)).trim();
      if (left === '1') return failures;
      failures += 1;
      assert.not(well && nth === 1, 'the first allocation is missed');
    }
  } finally {
    await failNone(guest);
  }
  return failures;
}
