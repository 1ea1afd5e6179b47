import { assert, suite } from './cr/case.ts';
import { types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { frozenSubject } from './support/tasks.ts';

const test = suite('somebody outside opens and closes descriptors of what is saved')
  .needs({ patch: patches.memory })
  .within(60);

test('each image has as many as it says', async ({ guest }) => {
  const target = await frozenSubject(guest, 'busy-table');
  const counts = new Set<number>();
  for (let made = 0; made < 30; made++) {
    const result = await guest.checkpoint(target.pid);
    assert.is(result.errno, null);
    const { objects, broken, complete } = await result.image();
    assert.equal({ broken, complete }, { broken: undefined, complete: true });
    const table = objects.find(({ type }) => type === types.fileTable);
    const found = objects.filter(({ type }) => type === types.fileDescriptor).length;
    assert.is(found, Number(table?.fields['fdt_nfds']));
    counts.add(found);
  }
  assert.ok(counts.size > 1, 'they did change meanwhile');
  await guest.thaw(target.pid);
});

test.run();
