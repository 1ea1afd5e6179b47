import { assert, suite } from '../harness/case.ts';
import type { Guest } from '../harness/case.ts';
import { placeOf, types, withNumber } from './support/image.ts';
import { rewrite, savedLeader } from './support/leading.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';
import { comesTo } from './support/tasks.ts';
import { textOf } from './support/workload.ts';

const test = suite('the signal that a restarted task is to end with').needs({
  patch: patches.keptExitSignal,
});

const [usr1, chld] = [10, 17];

/** /proc/PID/stat, behind the name: it is the 38th field of all. */
async function exitSignalOf(guest: Guest, pid: number): Promise<number> {
  const stat = await textOf(guest, `/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[35]);
}

test('a parent that goes meanwhile: its heir gets SIGCHLD', async ({ guest }) => {
  const saved = await savedLeader(guest, { uid: 1000, gid: 1000 });
  const at = placeOf(saved.bytes, types.task) + 20;
  const image = await rewrite(guest, saved, withNumber(saved.bytes, at, 4, BigInt(usr1)));
  // Made by clone with that signal, it may have it again; the tail comes once its parent is gone.
  const answer = await saved.leader.ask(`orphan ${image}`);
  assert.match(answer, /^child=/);
  const orphan = Number(wordsOf(answer)['child']);
  assert.is(await exitSignalOf(guest, orphan), usr1);
  await saved.leader.signal('SIGKILL');
  await saved.leader.ended();
  for (let tries = 0; (await guest.state(orphan)).comm === 'orphan' && tries < 1000; tries++);
  assert.is((await guest.state(orphan)).comm, 'leading', 'it is what was saved');
  await comesTo(guest, orphan, 'S');
  assert.is(await exitSignalOf(guest, orphan), chld);
});

test.run();
