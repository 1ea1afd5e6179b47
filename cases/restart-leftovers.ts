import { assert, suite } from './cr/case.ts';
import { placeOf, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { restartFrom, savedSelf, untouched } from './support/self.ts';

const test = suite('what a restart leaves of the one who restarts').needs({
  patch: patches.signals,
});

test.needs({ patch: patches.posixTimers })(
  'its POSIX timers are gone: what came back can be saved, which has none',
  async ({ guest }) => {
    const saved = await savedSelf(guest);
    const { self, path } = saved;
    assert.is(await self.ask('timer'), 'ret=0 errno=none');
    assert.is(await self.ask(`checkpoint 0 ${path}.timed`), 'ret=-1 errno=ENOSYS');
    assert.is((await restartFrom(guest, saved, saved.bytes))['restored'], 'all');
    assert.match(await self.ask(`checkpoint 0 ${path}.again`), /^ret=[1-9]\d* errno=none/);
  },
);

/** Commands of membarrier: to register for it, and to use it. */
const [register, use] = [16, 8];

test.needs({ patch: patches.membarrier, base: 'v6.1' })(
  'it was refused: it is still registered for membarrier',
  async ({ guest }) => {
    const saved = await savedSelf(guest);
    const { self, bytes } = saved;
    assert.is(await self.ask(`membarrier ${use}`), 'ret=-1 errno=EPERM');
    assert.is(await self.ask(`membarrier ${register}`), 'ret=0 errno=none');
    // It has been in the memory of the image by then.
    const short = bytes.subarray(0, placeOf(bytes, types.tail));
    assert.is((await restartFrom(guest, saved, short))['errno'], 'EPIPE');
    await untouched(saved);
    assert.is(await self.ask(`membarrier ${use}`), 'ret=0 errno=none');
  },
);

test.run();
