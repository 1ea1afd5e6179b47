import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../fixture.ts';

describe('the process that case files run in', () => {
  for (const [when, wait] of [
    ['before it is up', 0],
    ['while it listens', 1],
  ] as const)
    it(`ends when the lab has gone ${when}`, { timeout: 60_000 }, async () => {
      const host = fork(join(root, 'harness/suite/case-host.ts'), [root], {
        execArgv: ['--import', import.meta.resolve('tsx')],
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      if (wait > 0) await once(host, 'message');
      const exit = once(host, 'exit');
      host.disconnect();
      assert.deepEqual(await exit, [0, null]);
    });
});
