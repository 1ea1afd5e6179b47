import assert from 'node:assert/strict';
import { it } from 'node:test';
import { watchRuns, type Running } from '../../../harness/session/watch.ts';

/** A watch whose saves and runs the test moves on by hand. */
function pretendWatch() {
  const controller = new AbortController();
  const said: string[] = [];
  const runs: { end: (status: number) => void; stopped: boolean }[] = [];
  let save: (files: readonly string[]) => void = () => assert.fail('nobody waits for a save');
  const next = (signal: AbortSignal) =>
    new Promise<readonly string[]>((resolve, reject) => {
      save = resolve;
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  const start = (): Running => {
    let end: (status: number) => void = () => undefined;
    const ended = new Promise<number>((resolve) => (end = resolve));
    const run = { end, stopped: false };
    runs.push(run);
    const stop = (): void => {
      run.stopped = true;
      run.end(3);
    };
    return { ended, stop };
  };
  const status = watchRuns({
    saves: { next },
    start,
    root: '/lab',
    signal: controller.signal,
    onEnded: () => Promise.resolve(),
    say: (line) => said.push(line.replace(/in [^:]*:/, 'in T:')),
  });
  return {
    runs,
    said,
    status,
    save: (...files: readonly string[]) => {
      save(files);
    },
    abort: () => {
      controller.abort(new Error('Ctrl-C'));
    },
  };
}

/** Lets everything that waits for nothing go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('runs again when something is saved, and ends with the last status', async () => {
  const watch = pretendWatch();
  watch.runs[0]?.end(1);
  await settle();
  watch.save('/lab/kernel/tree.ts');
  await settle();
  assert.equal(watch.runs.length, 2);
  watch.runs[1]?.end(0);
  await settle();
  watch.abort();
  assert.equal(await watch.status, 0);
  assert.deepEqual(watch.said, [
    'red in T: waiting for a save, Ctrl-C ends',
    'kernel/tree.ts was saved: running',
    'green in T: waiting for a save, Ctrl-C ends',
  ]);
});

it('stops a run that nobody waits for any more', async () => {
  const watch = pretendWatch();
  watch.save('/home/me/linux/fs/pipe.c', '/home/me/linux/fs/splice.c');
  await settle();
  assert.deepEqual(
    watch.runs.map(({ stopped }) => stopped),
    [true, false],
  );
  assert.deepEqual(watch.said, ['/home/me/linux/fs/pipe.c and 1 more were saved: running']);
  watch.abort();
  assert.equal(await watch.status, 3);
  assert.equal(watch.runs[1]?.stopped, true);
});
