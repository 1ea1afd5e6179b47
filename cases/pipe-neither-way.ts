import { assert, suite } from './cr/case.ts';
import { comesTo } from './support/tasks.ts';
import { patches } from './support/patches.ts';

/** Newer kernels open it: they count who has a pipe by its files. */
const test = suite('opening a pipe for neither reading nor writing').needs({
  base: 'v2.6.30',
  patch: patches.neitherWay,
});

test('EINVAL, and the pipe is as it was', async ({ guest }) => {
  const subject = await guest.subject('unusual', { args: ['neither-way', '/none'] });
  await comesTo(guest, subject.pid, 'S');
  await subject.signal('SIGKILL');
  assert.is((await subject.ended()).signal, 'SIGKILL');
});

test.run();
