import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { lackOf } from './extras.ts';

const before = process.env['LAB_REQUIRE_EXTRAS'];

describe('what only tests want', () => {
  afterEach(() => {
    if (before === undefined) delete process.env['LAB_REQUIRE_EXTRAS'];
    else process.env['LAB_REQUIRE_EXTRAS'] = before;
  });

  it('is a reason to skip where it is missing', () => {
    delete process.env['LAB_REQUIRE_EXTRAS'];
    assert.equal(lackOf(true, 'no browser here'), 'no browser here');
    assert.equal(lackOf(false, 'no browser here'), false);
  });

  it('is an error where it is promised', () => {
    process.env['LAB_REQUIRE_EXTRAS'] = '1';
    assert.throws(() => lackOf(true, 'no browser here'), /LAB_REQUIRE_EXTRAS=1 .* no browser here/);
    assert.equal(lackOf(false, 'no browser here'), false);
  });
});
