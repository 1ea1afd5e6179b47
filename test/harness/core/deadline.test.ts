import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onceLate, type KeptTime } from '../../../harness/core/deadline.ts';

/** Resolves with the milliseconds after which it was late. */
function lateAfter(milliseconds: number, kept?: KeptTime): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    onceLate(milliseconds, () => resolve(performance.now() - start), kept);
  });
}

describe('a deadline', () => {
  it('is late after its time', async () => {
    assert.ok((await lateAfter(20)) >= 19);
  });

  it('does not count what the host has kept since, of what it kept before nothing', async () => {
    const start = performance.now();
    // Before it began 5000 ms, and of its first 60 ms two thirds.
    const kept = () => Promise.resolve(5000 + Math.min(40, ((performance.now() - start) * 2) / 3));
    const late = await lateAfter(30, kept);
    assert.ok(late >= 69, `${late} ms`);
  });

  it('is never late once it is called off, not even while it looks', async () => {
    let late = false;
    let asked = 0;
    let isLooking: () => void = () => undefined;
    let answer: (kept: number) => void = () => undefined;
    const looking = new Promise<void>((resolve) => (isLooking = resolve));
    const answered = new Promise<number>((resolve) => (answer = resolve));
    const kept = () => {
      asked += 1;
      if (asked === 1) return Promise.resolve(0);
      isLooking();
      return answered;
    };
    const callOff = onceLate(1, () => (late = true), kept);
    await looking;
    callOff();
    answer(0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(late, false);
  });
});
