import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { withDir } from 'tmp-promise';
import { isLabError } from '../../../harness/core/errors.ts';
import { withLock } from '../../../harness/core/lock.ts';

const inFolder = (work: (path: string) => Promise<void>) =>
  withDir(({ path }) => work(path), { unsafeCleanup: true });

const soon = () => AbortSignal.timeout(30_000);
const longAgo = new Date(Date.now() - 3_600_000);

/** Has another process take a lock, and kills it while it has it. */
async function dieHolding(path: string): Promise<void> {
  const code = [
    `import { withLock } from ${JSON.stringify(join(import.meta.dirname, '../../../harness/core/lock.ts'))};`,
    `await withLock(${JSON.stringify(path)}, () => new Promise(() => {`,
    "  console.log('held'); setInterval(() => {}, 1000);",
    '}));',
  ].join('\n');
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface(child.stdout), 'line', { signal: soon() });
  child.kill('SIGKILL');
  await once(child, 'close');
}

it('keeps others out until the work is done, and leaves nothing behind', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'thing');
    const order: string[] = [];
    let waited = 0;
    const enter = (name: string) =>
      withLock(
        path,
        async () => {
          order.push(`${name} in`);
          await readdir(folder);
          order.push(`${name} out`);
        },
        { onWait: () => (waited += 1) },
      );
    await Promise.all([enter('a'), enter('b'), enter('c')]);
    assert.equal(order.length, 6);
    for (let at = 0; at < 6; at += 2)
      assert.equal(order[at]?.replace('in', 'out'), order[at + 1], order.join());
    assert.equal(waited, 2);
    assert.deepEqual(await readdir(folder), []);
  }));

it('is taken over at once when its holder was killed, by one of many who wait', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'thing');
    await dieHolding(path);
    assert.deepEqual(await readdir(folder), ['thing.lock']);
    let inside = 0;
    let most = 0;
    let waited = false;
    const start = performance.now();
    const enter = () =>
      withLock(path, async () => {
        most = Math.max(most, (inside += 1));
        await readdir(folder);
        inside -= 1;
      });
    await withLock(path, () => Promise.resolve(), { onWait: () => (waited = true) });
    await dieHolding(path);
    await Promise.all(Array.from({ length: 8 }, enter));
    // Where nobody can tell that the holder is dead, it takes 10 s.
    assert.ok(performance.now() - start < 9000);
    assert.deepEqual([most, waited], [1, false]);
    assert.deepEqual(await readdir(folder), []);
  }));

it('is not taken from a holder that lives, however long it has not stirred', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'thing');
    const stop = new AbortController();
    await withLock(path, async () => {
      await utimes(`${path}.lock`, longAgo, longAgo);
      const second = withLock(path, () => Promise.resolve(), {
        signal: stop.signal,
        onWait: () => stop.abort(new Error('enough')),
      });
      await assert.rejects(second, /enough/);
    });
  }));

it('of another machine is taken over when it has not been renewed', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'thing');
    await mkdir(`${path}.lock`);
    await writeFile(join(`${path}.lock`, 'owner'), 'another-machine.4026531836.1.1');
    const stop = new AbortController();
    const early = withLock(path, () => Promise.resolve(), {
      signal: stop.signal,
      onWait: () => stop.abort(new Error('enough')),
    });
    await assert.rejects(early, /enough/);
    await utimes(`${path}.lock`, longAgo, longAgo);
    assert.equal(await withLock(path, () => Promise.resolve('ours')), 'ours');
  }));

it('that was taken away is an error, not a success', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'thing');
    const work = () => rm(`${path}.lock`, { recursive: true });
    await assert.rejects(
      withLock(path, work),
      (error) => isLabError(error) && error.code === 'lock-lost',
    );
  }));
