import { assert, suite } from '../harness/case.ts';
import type { Guest, Needs } from '../harness/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { rewrite, savedLeader } from './support/leading.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';
import { comesTo } from './support/tasks.ts';
import { textOf } from './support/workload.ts';

const test = suite('what is done to a task while its restart waits');

/** Numbers of /proc/PID/stat, as proc(5) counts them. */
const [nice, exitSignal] = [19, 38];

async function statOf(guest: Guest, pid: number, field: number): Promise<number> {
  const stat = await textOf(guest, `/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field - 3]);
}

const [usr1, chld] = [10, 17];

interface Deed {
  /** What is seen of it, and what it is before the deed, before the restart goes on, and after. */
  readonly field: number;
  readonly values: readonly [number, number, number];
  /** What its parent is told to do. */
  readonly deed?: 'renice';
}

const deeds: Readonly<Record<string, Deed & { readonly needs: Needs }>> = {
  'its parent is gone: the heir will get SIGCHLD': {
    field: exitSignal,
    values: [usr1, usr1, chld],
    needs: { patch: patches.keptExitSignal },
  },
  'it is reniced: it stays so': {
    field: nice,
    values: [0, 5, 5],
    deed: 'renice',
    needs: { patch: patches.reniced },
  },
};

for (const [what, { field, values, deed, needs }] of Object.entries(deeds))
  test.needs(needs)(what, async ({ guest }) => {
    const saved = await savedLeader(guest, { uid: 1000, gid: 1000 });
    // Made by clone with that signal for its parent, the orphan may have it again.
    const at = placeOf(saved.bytes, types.task) + 20;
    const image = await rewrite(guest, saved, withNumber(saved.bytes, at, 4, BigInt(usr1)));
    const answer = await saved.leader.ask(`orphan ${image}`);
    assert.match(answer, /^child=/);
    const orphan = Number(wordsOf(answer)['child']);
    const [before, meanwhile, after] = values;
    assert.is(await statOf(guest, orphan, field), before);
    if (deed !== undefined)
      assert.is(await saved.leader.ask(`${deed} ${orphan}`), 'ret=0 errno=none');
    assert.is(await statOf(guest, orphan, field), meanwhile);

    // The image's tail comes once the parent is gone.
    await saved.leader.signal('SIGKILL');
    await saved.leader.ended();
    for (let tries = 0; (await guest.state(orphan)).comm === 'orphan' && tries < 1000; tries++);
    assert.is((await guest.state(orphan)).comm, 'leading', 'it is what was saved');
    await comesTo(guest, orphan, 'S');
    assert.is(await statOf(guest, orphan, field), after);
  });

test.run();
