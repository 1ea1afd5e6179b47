import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { it } from 'node:test';
import { openCoverage } from '../../../qemu/plugin/feed.ts';

/** A plugin by hand: what the lab asks can be read, what it is told is written. */
function openByHand(patience?: number) {
  const toLab = new PassThrough();
  const fromLab = new PassThrough();
  const socket = Duplex.from({ readable: toLab, writable: fromLab });
  return { toLab, fromLab, feed: openCoverage(socket, patience) };
}

function report(...entries: readonly (readonly [number, number])[]): Buffer {
  return Buffer.from(new Uint32Array([entries.length, ...entries.flat()]).buffer);
}

it('reads a report however it is cut', async () => {
  const { toLab, fromLab, feed } = openByHand();
  const taken = feed.take();
  await once(fromLab, 'readable');
  for (const byte of report([3, 1], [70_000, 12])) toLab.write(Buffer.from([byte]));
  assert.deepEqual(
    [...(await taken)],
    [
      [3, 1],
      [70_000, 12],
    ],
  );
});

it('adds up reports that came unasked, and has two who ask wait for one another', async () => {
  const { toLab, feed } = openByHand();
  toLab.write(report([3, 1]));
  const taken = Promise.all([feed.take(), feed.take()]);
  toLab.write(report([3, 2], [4, 1]));
  await new Promise((resolve) => setImmediate(resolve));
  toLab.end(report([5, 1]));
  const all = (await taken).flatMap((hits) => [...hits]);
  const counts = new Map<number, number>();
  for (const [position, count] of all) counts.set(position, (counts.get(position) ?? 0) + count);
  assert.deepEqual(
    [...counts],
    [
      [3, 3],
      [4, 1],
      [5, 1],
    ],
  );
});

it('does not wait for ever', async () => {
  const { feed } = openByHand(10);
  await assert.rejects(feed.take(), { code: 'coverage-silent' });
});
