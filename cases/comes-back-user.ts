import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { factsOf } from './support/facts.ts';
import { patches } from './support/patches.ts';
import { bringBack, destroy, endWell, save, startWorkload, thaw } from './support/workload.ts';
import type { Workload } from './support/workload.ts';

const test = suite('what a checkpoint must not disturb: tasks of an ordinary user')
  .needs({ patch: patches.directories })
  .within(60);

/** What nobody has to be root for, of each kind of state. */
const workloads = {
  count: {},
  tree: {},
  many: {},
  threads: {},
  zombies: {},
  session: {},
  'dead-session': {},
  'stopped-child': { patch: patches.stopped },
  limits: {},
  undumpable: { root: true },
  'file-offset': {},
  'file-shared': {},
  'file-dup': {},
  folder: {},
  devices: {},
  pipe: {},
  'pipe-full': {},
  fifo: {},
  heap: {},
  'file-private': {},
  'shared-memory': {},
  handlers: {},
  queued: {},
  'long-timers': {},
  nanosleep: {},
  futex: {},
  read: {},
} satisfies Record<string, { readonly patch?: string; readonly root?: true }>;

/** Somebody who is not root, and is in no group but its own. */
const user = 1000;

for (const [name, needs] of Object.entries<{ patch?: string; root?: true }>(workloads)) {
  const each = needs.patch === undefined ? test : test.needs({ patch: needs.patch });

  each(`${name}: saved by root, killed, restarted by its user, it goes on`, async ({ guest }) => {
    await makeTrip(guest, await startWorkload(guest, name, { user }));
  });

  // Into what may not be dumped its user may not look.
  if (needs.root !== true)
    each(`${name}: saved and restarted by its user, it goes on`, async ({ guest }) => {
      await makeTrip(guest, await startWorkload(guest, name, { user }), user);
    });
}

test.run();

/** Saves a workload, kills it, and has its user bring it back. */
async function makeTrip(guest: Guest, workload: Workload, saver?: number): Promise<void> {
  await onlyTheUsers(guest, workload);
  const image = await save(guest, workload, saver);
  await destroy(guest, workload);
  const again = await bringBack(guest, workload, image, { frozen: true });
  await onlyTheUsers(guest, again);
  await thaw(guest, again);
  await endWell(guest, again);
}

/** Asserts that all tasks are the user's, and that none has a privilege. */
async function onlyTheUsers(guest: Guest, workload: Workload): Promise<void> {
  const ids = Array.from({ length: 4 }, () => String(user)).join('\t');
  for (const facts of await factsOf(guest, workload)) {
    const of = (field: string) => facts.get(`status ${field}`);
    assert.equal([of('Uid'), of('Gid'), of('Groups')], [ids, ids, String(user)]);
    for (const set of ['CapInh', 'CapPrm', 'CapEff'])
      assert.match(of(set) ?? '', /^0+$/, `${set} of ${facts.get('status Name')}`);
  }
}
