import { assert, suite } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedSelf, untouched, wordsOf } from './support/self.ts';

const test = suite('a restart gives nobody what it was made to do without').needs({
  patch: patches.credentials,
});

// Strictly confined, on any base, one may not call restart at all.
test.needs({ base: 'v6.1' })(
  'under a seccomp filter, whatever it allows: EPERM, to root as well',
  async ({ guest }) => {
    const saved = await savedSelf(guest);
    assert.is((await restartFrom(guest, saved, saved.bytes))['ret'], '0');
    assert.is(wordsOf(await saved.self.ask('confine'))['errno'], 'none');
    const again = await restartFrom(guest, saved, saved.bytes);
    assert.equal(again, { ret: '-1', errno: 'EPERM' });
    await untouched(saved);
  },
);

test.run();
