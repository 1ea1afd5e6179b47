import { assert, suite } from './cr/case.ts';
import type { Guest, Subject } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { frozenSubject, unharmed } from './support/tasks.ts';

const test = suite("checkpoint and the caller's file size limit").needs({ patch: patches.subtree });

for (const limit of [0, 100])
  test(`a limit of ${limit} bytes: EFBIG, and no byte more`, async ({ guest }) => {
    const counter = await frozenSubject(guest, 'counter');
    const path = `${await guest.folder()}/image`;
    const result = await limited(guest, counter, path, limit);
    assert.is(result['errno'], 'EFBIG');
    assert.is((await guest.read(path)).length, limit);
    await unharmed(guest, counter);
  });

test('a limit that the image keeps: no matter', async ({ guest }) => {
  const counter = await frozenSubject(guest, 'counter');
  const path = `${await guest.folder()}/image`;
  const result = await limited(guest, counter, path, 65536);
  assert.is(result['errno'], null);
  assert.is((await guest.read(path)).length, result['bytes']);
  await unharmed(guest, counter);
});

async function limited(guest: Guest, target: Subject, path: string, limit: number) {
  const pid = String(target.pid);
  const flags = ['--flags', '1', '--file-size', String(limit)];
  return guest.shim('checkpoint', '--pid', pid, '--out', path, ...flags);
}

test.run();
