import { suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { bringBack, destroy, endWell, save, startWorkload } from './support/workload.ts';

const test = suite('what docs/state.md says is lost').within(60);

/** Each has state that no record of an image holds, and that keeps nothing from being saved. */
const losses = ['used-time'] as const;

for (const name of losses) {
  test(`${name}: sound by itself`, async ({ guest }) => {
    await endWell(guest, await startWorkload(guest, name, { pids: true }));
  });

  test.needs({ patch: patches.tree }).needs({ patch: patches.pids })(
    `${name}: killed and restarted, it goes on`,
    async ({ guest }) => {
      const workload = await startWorkload(guest, name, { pids: true });
      const image = await save(guest, workload);
      await destroy(guest, workload);
      await endWell(guest, await bringBack(guest, workload, image));
    },
  );
}

test.run();
