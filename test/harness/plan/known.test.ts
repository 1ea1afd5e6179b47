import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dir } from 'tmp-promise';
import { bases } from '../../../kernel/bases.ts';
import { findKnown, findStale, parseKnown, readKnown } from '../../../harness/plan/known.ts';
import type { ListedCase } from '../../../harness/suite/listing.ts';
import { root } from '../fixture.ts';

const one = { base: 'v6.1', case: '^cases/a.ts > s > 1$', reason: 'not ported yet' };
const names = ['v2.6.30', 'v6.1'];
const parse = (value: unknown) => parseKnown(JSON.stringify(value), names);
const listed = (file: string, test: string): ListedCase => ({
  file,
  suite: 's',
  test,
  needs: [],
  only: false,
});

describe('the list of known failures', () => {
  it("is read from the repository, and the repository's own can be read", async () => {
    assert.ok(Array.isArray(await readKnown({ cases: join(root, 'cases'), bases })));
    const { path, cleanup } = await dir({ unsafeCleanup: true });
    try {
      assert.deepEqual(await readKnown({ cases: path, bases }), []);
      await writeFile(join(path, 'known.json'), JSON.stringify([one]));
      assert.equal((await readKnown({ cases: path, bases }))[0]?.reason, one.reason);
    } finally {
      await cleanup();
    }
  });

  const broken = [
    ['no JSON', () => parseKnown('[', names)],
    ['no list', () => parse({})],
    ['a base that there is not', () => parse([{ ...one, base: 'v9' }])],
    ['no reason', () => parse([{ ...one, reason: ' ' }])],
    ['an expression that is none', () => parse([{ ...one, case: '(' }])],
    ['no expression, which would match all', () => parse([{ ...one, case: '' }])],
    ['a word it does not know', () => parse([{ ...one, failures: 'x' }])],
  ] as const;
  for (const [name, read] of broken)
    it(`is refused with ${name}`, () => {
      assert.throws(read, { code: 'known-failures-unreadable', fault: 'usage' });
    });

  it('is about a base', () => {
    const known = parse([one]);
    const id = 'cases/a.ts > s > 1';
    assert.equal(findKnown(known, { id }, ['v6.1'])?.reason, one.reason);
    assert.equal(findKnown(known, { id }, ['v2.6.30']), undefined);
    assert.equal(findKnown(known, { id: `${id}0` }, ['v6.1']), undefined);
  });

  it('may hold no entry that no case is meant by', () => {
    const known = parse([one, { ...one, case: 'renamed' }]);
    const stale = findStale(known, [listed('cases/a.ts', '1')]);
    assert.deepEqual(
      stale.map(({ file, test, code }) => [file, test, code]),
      [['cases/known.json', 'renamed', 'known-failure-of-no-case']],
    );
  });
});
