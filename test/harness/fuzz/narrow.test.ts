import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MutantRange } from '../../../harness/core/fuzz.ts';
import { minimise, narrow } from '../../../harness/fuzz/narrow.ts';

/** Whether a range holds all of these. */
const holds =
  (...wanted: readonly number[]) =>
  async ({ from, count }: MutantRange) =>
    Promise.resolve(wanted.every((each) => each >= from && each < from + count));

describe('narrow', () => {
  for (const bad of [0, 1, 499, 500, 998, 999])
    it(`finds mutant ${bad} of a thousand`, async () => {
      let asked = 0;
      const least = await narrow({ from: 0, count: 1000 }, (range) => {
        asked += 1;
        return holds(bad)(range);
      });
      assert.deepEqual(least, { from: bad, count: 1 });
      assert.ok(asked <= 20, `asked ${asked} times`);
    });

  it('keeps together what takes two', async () => {
    const least = await narrow({ from: 0, count: 1024 }, holds(10, 700));
    assert.deepEqual(least, { from: 0, count: 1024 });
    const near = await narrow({ from: 0, count: 1024 }, holds(4, 6));
    assert.deepEqual(near, { from: 4, count: 4 });
  });

  it('takes the first of two that do it alone', async () => {
    const either = async (range: MutantRange) =>
      (await holds(3)(range)) || (await holds(900)(range));
    assert.deepEqual(await narrow({ from: 0, count: 1000 }, either), { from: 3, count: 1 });
  });
});

describe('minimise', () => {
  const one = { from: 7, count: 1 };

  it('leaves out what it does not take', async () => {
    const does = async (_: MutantRange, only: readonly number[] = []) =>
      Promise.resolve(only.includes(1) && only.includes(4));
    assert.deepEqual(await minimise(one, [0, 1, 2, 3, 4, 5], does), [1, 4]);
  });

  it('asks for no mutant without mutations', async () => {
    const does = async (_: MutantRange, only: readonly number[] = []) => {
      assert.ok(only.length > 0);
      return Promise.resolve(true);
    };
    assert.equal((await minimise(one, [0, 1, 2], does)).length, 1);
  });
});
