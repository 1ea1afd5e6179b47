import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Listing } from '../../../harness/suite/listing.ts';
import { selectOneCase } from '../../../harness/plan/one-case.ts';

const listing: Listing = {
  cases: ['one', 'two'].map((test) => ({
    file: 'cases/a.ts',
    suite: 'suite',
    test,
    only: false,
    needs: [{ patch: 'c/r: late' }],
  })),
  mistakes: [],
};
const files = [{ name: 'cases/a.ts', path: '/cases/a.ts' }];
const base = { name: 'v2.6.30', applied: ['c/r: late'] };

describe('selectOneCase', () => {
  it('returns the case, and what each prefix makes of it', () => {
    const chosen = selectOneCase(/one/u, base, listing, files);
    assert.equal(chosen.id, 'cases/a.ts > suite > one');
    assert.equal(chosen.on(base, 3).length, 3);
    assert.equal(chosen.on(base)[0]?.unmet, undefined);
    assert.match(chosen.on({ ...base, applied: [] })[0]?.unmet ?? '', /c\/r: late/);
  });

  it('refuses an expression that matches several, and says which', () => {
    assert.throws(() => selectOneCase(/suite/u, base, listing, files), {
      code: 'case-not-chosen',
      details: ['cases/a.ts > suite > one', 'cases/a.ts > suite > two'],
    });
  });

  it('refuses one that matches none', () => {
    assert.throws(() => selectOneCase(/three/u, base, listing, files), { code: 'no-cases' });
  });
});
