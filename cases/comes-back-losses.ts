import { suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { bringBack, destroy, endWell, save, startWorkload } from './support/workload.ts';

const test = suite('what docs/state.md says is lost').within(60);

/** Each has state that no record of an image holds, and that keeps nothing from being saved. */
const losses: readonly (readonly [name: string, base?: string])[] = [
  ['signal-number'],
  ['next-namespace', 'v6.1'],
  ['another-program'],
  ['debugger'],
  ['queue-limits'],
  ['number-of-queues', 'v2.6.30'],
  ['continued'],
  ['stop-told'],
  ['threads-child'],
  ['io-priority'],
  ['timer-slack'],
  ['used-time'],
];

for (const [name, base] of losses) {
  const on = base === undefined ? test : test.needs({ base });

  on(`${name}: sound by itself`, async ({ guest }) => {
    await endWell(guest, await startWorkload(guest, name, { pids: true }));
  });

  on.needs({ patch: patches.tree }).needs({ patch: patches.pids })(
    `${name}: killed and restarted, it goes on`,
    async ({ guest }) => {
      const workload = await startWorkload(guest, name, { pids: true });
      const image = await save(guest, workload);
      await destroy(guest, workload);
      await endWell(guest, await bringBack(guest, workload, image));
    },
  );
}

const user = 1000;

test('pipe-owner: sound by itself, as a user', async ({ guest }) => {
  await endWell(guest, await startWorkload(guest, 'pipe-owner', { user }));
});

test.needs({ patch: patches.tree }).needs({ patch: patches.credentials })(
  "pipe-owner: a user's task, killed and restarted by root, goes on",
  async ({ guest }) => {
    const workload = await startWorkload(guest, 'pipe-owner', { user });
    const image = await save(guest, workload);
    await destroy(guest, workload);
    await endWell(guest, await bringBack(guest, workload, image, { user: 0 }));
  },
);

test.run();
