import { assert, suite } from './cr/case.ts';
import type { Guest, Needs } from './cr/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { rewrite, savedLeader } from './support/leading.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';
import { comesTo } from './support/tasks.ts';
import { textOf } from './support/workload.ts';

const test = suite('what is done to a task while its restart waits');

/** Numbers of /proc/PID/stat, as proc(5) counts them. */
const [nice, exitSignal] = [19, 38];

type Look = (guest: Guest, pid: number) => Promise<number>;

const statOf =
  (field: number): Look =>
  async (guest, pid) => {
    const stat = await textOf(guest, `/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field - 3]);
  };

/** How many files it may have open at most, some day. */
const filesOf: Look = async (guest, pid) => {
  const limits = await textOf(guest, `/proc/${pid}/limits`);
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1]);
};

const [usr1, chld] = [10, 17];

interface Deed {
  readonly look: Look;
  /** What is seen before the restart goes on, and after. */
  readonly seen: readonly [number, number];
  /** What its parent is told to do. */
  readonly deed?: 'renice' | 'limit';
}

const deeds: Readonly<Record<string, Deed & { readonly needs: Needs }>> = {
  'its parent is gone: the heir will get SIGCHLD': {
    look: statOf(exitSignal),
    seen: [usr1, chld],
    needs: { patch: patches.keptExitSignal },
  },
  'it is reniced: it stays so': {
    look: statOf(nice),
    seen: [5, 5],
    deed: 'renice',
    needs: { patch: patches.reniced },
  },
  'its hard limit is lowered: it stays so': {
    look: filesOf,
    seen: [100, 100],
    deed: 'limit',
    needs: { base: 'v6.1', patch: patches.limited },
  },
};

for (const [what, { look, seen, deed, needs }] of Object.entries(deeds))
  test.needs(needs)(what, async ({ guest }) => {
    const saved = await savedLeader(guest, { uid: 1000, gid: 1000 });
    // Made by clone with that signal for its parent, the orphan may have it again.
    const at = placeOf(saved.bytes, types.task) + 20;
    const image = await rewrite(guest, saved, withNumber(saved.bytes, at, 4, BigInt(usr1)));
    const answer = await saved.leader.ask(`orphan ${image}`);
    assert.match(answer, /^child=/);
    const orphan = Number(wordsOf(answer)['child']);
    const [meanwhile, after] = seen;
    if (deed !== undefined)
      assert.is(await saved.leader.ask(`${deed} ${orphan}`), 'ret=0 errno=none');
    assert.is(await look(guest, orphan), meanwhile);

    // The image's tail comes once the parent is gone.
    await saved.leader.signal('SIGKILL');
    await saved.leader.ended();
    for (let tries = 0; (await guest.state(orphan)).comm === 'orphan' && tries < 1000; tries++);
    assert.is((await guest.state(orphan)).comm, 'leading', 'it is what was saved');
    await comesTo(guest, orphan, 'S');
    assert.is(await look(guest, orphan), after);
  });

test.run();
