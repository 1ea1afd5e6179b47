import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findFirstFailing } from '../../../kernel/series/first-failing.ts';

class Failed extends Error {}

/** Searches a series of which the prefixes from `first` on fail. */
async function search(upto: number, first: number) {
  const tried: number[] = [];
  const told: number[] = [];
  const found = await findFirstFailing(
    upto,
    (number) => {
      tried.push(number);
      return number >= first ? Promise.reject(new Failed(`at ${number}`)) : Promise.resolve(number);
    },
    {
      isFailure: (error): error is Failed => error instanceof Failed,
      trying: (number) => void told.push(number),
    },
  );
  assert.deepEqual(told, tried.slice(1));
  return { found, tried };
}

describe('the first failing prefix', () => {
  for (let upto = 1; upto <= 9; upto += 1)
    for (let first = 0; first <= upto; first += 1)
      it(`is ${first} of ${upto}`, async () => {
        const { found, tried } = await search(upto, first);
        assert.ok('error' in found);
        assert.equal(found.number, first);
        assert.equal(found.error.message, `at ${first}`);
        // The one before was seen to be good, and none was tried twice.
        if (first > 0) assert.ok(tried.includes(first - 1));
        assert.equal(new Set(tried).size, tried.length);
        assert.ok(tried.length <= 6, tried.join());
      });

  it('is found with two builds where the newest patch is at fault', async () => {
    assert.deepEqual((await search(40, 40)).tried, [40, 39]);
  });

  it('is none where all is well', async () => {
    assert.deepEqual(await search(7, 8), { found: { value: 7 }, tried: [7] });
  });
});

it('throws what no patch has caused', async () => {
  const work = () => Promise.reject(new Error('no space'));
  const options = {
    isFailure: (error: unknown): error is Failed => error instanceof Failed,
    trying: () => undefined,
  };
  await assert.rejects(findFirstFailing(3, work, options), /no space/);
});
