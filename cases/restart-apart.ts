import { assert, suite } from './cr/case.ts';
import { rewrite, savedLeader, withNamespaces } from './support/leading.ts';
import { patches } from './support/patches.ts';
import { wordsOf } from './support/self.ts';

const test = suite('a task that joins a restart from another UTS namespace').needs({
  patch: patches.ownNames,
});

for (const [what, words, errno] of [
  ["the leader's, where it is itself: only the rest of it is missing", 'join', 'EINVAL'],
  ["the leader's, where it is not: EPERM", 'join apart', 'EPERM'],
] as const)
  test(what, async ({ guest }) => {
    const saved = await savedLeader(guest);
    const { leader } = saved;
    const other = Number(wordsOf(await leader.ask(words))['child']);
    const image = await rewrite(guest, saved, withNamespaces(saved.bytes, leader.pid, other));
    assert.is(await leader.ask(`lead ${image}`), `ret=-1 errno=${errno}`);
  });

test.run();
