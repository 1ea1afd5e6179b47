import { assert, suite } from '../cr/case.ts';
import type { DiskType, Guest, Needs } from '../cr/case.ts';
import { differencesOf, factsOf } from './facts.ts';
import { patches } from './patches.ts';
import { needsFeature } from './processor.ts';
import { bringBack, carryOver, destroy, endWell, save, startWorkload, thaw } from './workload.ts';

/** What a workload needs of the series, beside trees of tasks. */
export interface WorkloadNeeds {
  readonly patch?: Needs['patch'];
  /** It knows itself by its pid: it comes back with the pids that it had. */
  readonly pids?: boolean;
  /** What changes from moment to moment as it works, seen from outside; `true` is all of it. */
  readonly moves?: RegExp | true;
  /** The only base that can do this. */
  readonly base?: string;
  /** What it needs of the processor, as /proc/cpuinfo calls it. */
  readonly feature?: string;
  /** The only processor that can. */
  readonly architecture?: Needs['architecture'];
  /** Why it can't go on in another guest, if it can't. */
  readonly stays?: string;
  /** The file system that its folder is on, if that is no tmpfs. */
  readonly disk?: DiskType;
}

/** The mask of blocked signals: another in a handler, and while sigsuspend or sigwait lasts. */
export const mask = /^(status SigBlk|stat blocked)$/;

/**
 * Registers what a checkpoint must not disturb: each workload of cases/cr/programs/work, left alone,
 * saved in place, killed and restarted, three times over, and in another guest.
 */
export function registerWorkloads(
  about: string,
  workloads: Readonly<Record<string, WorkloadNeeds>>,
): void {
  const test = suite(`what a checkpoint must not disturb: ${about}`).within(60);
  for (const [name, needs] of Object.entries(workloads)) {
    const { patch = patches.tree, pids, moves, base, architecture, stays, disk, feature } = needs;
    const onBase = base === undefined ? test : test.needs({ base });
    const alone = architecture === undefined ? onBase : onBase.needs({ architecture });
    const withPatch = alone.needs({ patch: patches.tree }).needs({ patch });
    const each = pids === true ? withPatch.needs({ patch: patches.pids }) : withPatch;
    const manner = { pids: pids === true, ...(disk === undefined ? {} : { disk }) };
    const start = async (guest: Guest) => {
      if (feature !== undefined) await needsFeature(guest, feature);
      return startWorkload(guest, name, manner);
    };

    alone(`${name}: sound by itself`, async ({ guest }) => {
      await endWell(guest, await start(guest));
    });

    each(`${name}: saved and thawed, it goes on`, async ({ guest }) => {
      const workload = await start(guest);
      await save(guest, workload);
      await thaw(guest, workload);
      await endWell(guest, workload);
    });

    each.needs({ patch: patches.pids })(
      `${name}: killed and restarted, it goes on`,
      async ({ guest }) => {
        const workload = await start(guest);
        const image = await save(guest, workload);
        const before = await factsOf(guest, workload);
        await destroy(guest, workload);
        const again = await bringBack(guest, workload, image, {
          pids: ['--pids'],
          frozen: true,
        });
        const after = await factsOf(guest, again);
        if (moves !== true) {
          const differences = differencesOf(before, after, moves);
          assert.equal(differences, [], 'nothing else differs, seen from outside');
        }
        await thaw(guest, again);
        await endWell(guest, again);
      },
    );

    each(`${name}: saved and restarted three times, it goes on`, async ({ guest }) => {
      let workload = await start(guest);
      for (let turn = 0; turn < 3; turn++) {
        const image = await save(guest, workload);
        await destroy(guest, workload);
        workload = await bringBack(guest, workload, image);
      }
      await endWell(guest, workload);
    });

    if (stays === undefined)
      each(`${name}: restarted in another guest, it goes on`, async ({ guest, another }) => {
        const opening = another();
        const workload = await start(guest);
        const image = await save(guest, workload);
        const other = await opening;
        const carried = await carryOver(guest, workload, image, other);
        await destroy(guest, workload);
        const spaces = pids === true ? { pids: ['--pidns'] } : {};
        await endWell(other, await bringBack(other, workload, carried, spaces));
      });
  }
  test.run();
}
