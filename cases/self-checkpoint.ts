import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import { placesIn, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';

const test = suite('checkpoint of oneself').needs({ patch: patches.subtree });

for (const [what, pid] of [
  ['0', '0'],
  ['its own pid', 'own'],
] as const)
  test(`by ${what}: an id for the caller and a whole image`, async ({ guest }) => {
    const self = await guest.subject('self');
    const path = `${await guest.folder()}/image`;
    const answer = wordsOf(await self.ask(`checkpoint ${pid} ${path}`));
    assert.is(answer['errno'], 'none');
    assert.ok(Number(answer['ret']) > 0);
    const bytes = Buffer.from(await guest.read(path));
    const places = placesIn(bytes);
    assert.is(places.at(0)?.type, types.header);
    assert.is(places.at(-1)?.type, types.tail);
  });

// Its end of it would be in the image, and what it has yet to write.
test.needs({ patch: patches.pipes })('into a FIFO: EBUSY, it has that open', async ({ guest }) => {
  const path = `${await guest.folder()}/fifo`;
  const script = `mkfifo ${path} && echo made && cat ${path} > /dev/null`;
  const reader = await guest.program(['busybox', 'sh', '-c', script], { says: /^made$/ });
  const self = await guest.subject('self');
  assert.is(wordsOf(await self.ask(`checkpoint 0 ${path}`))['errno'], 'EBUSY');
  await reader.ended();
});

test('needs no freezing, which others do', async ({ guest }) => {
  const self = await guest.subject('self');
  const path = `${await guest.folder()}/image`;
  assert.is((await guest.state(self.pid)).frozen, false);
  assert.is((await guest.checkpoint(self.pid)).errno, 'EBUSY');
  assert.is(wordsOf(await self.ask(`checkpoint own ${path}`))['errno'], 'none');
});

test('an own checkpoint and one of another share the counter of ids', async ({ guest }) => {
  const self = await guest.subject('self');
  const path = `${await guest.folder()}/image`;
  const first = Number(wordsOf(await self.ask(`checkpoint 0 ${path}`))['ret']);
  await guest.freeze(self.pid);
  assert.is((await guest.checkpoint(self.pid)).ret, first + 1);
});

test('without CHECKPOINT_SUBTREE: EINVAL, for who is no container init', async ({ guest }) => {
  const self = await guest.subject('self');
  const path = `${await guest.folder()}/image`;
  assert.is(wordsOf(await self.ask(`checkpoint 0 ${path} 0`))['errno'], 'EINVAL');
});

test.run();
