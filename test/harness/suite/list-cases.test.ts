import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listCases } from '../../../harness/suite/list-cases.ts';
import { fixture, root } from '../fixture.ts';

const list = (...names: string[]) => listCases(names.map(fixture), root, 8000);
const codes = async (name: string) => (await list(name)).mistakes.map(({ code }) => code);

describe('listCases', () => {
  it('returns what files declare', async () => {
    const { cases, mistakes } = await list('needs', 'passing');
    assert.deepEqual(mistakes, []);
    assert.deepEqual(
      cases.map(({ test }) => test),
      ['anything', 'a patch', 'a base', 'nothing', 'time', 'one', 'two'],
    );
    const bases = { base: ['v2.6.30', 'v6.1'] };
    assert.deepEqual(cases[0]?.needs, [bases]);
    assert.deepEqual(cases[1]?.needs, [bases, { patch: 'c/r: external checkpoint' }]);
    assert.equal(cases[3]?.skip, 'not written yet');
    assert.equal(cases[4]?.seconds, 30);
  });

  const mistakes: readonly (readonly [string, readonly string[]])[] = [
    ['forgotten-run', ['suite-without-run']],
    ['without-test', ['suite-without-test']],
    ['without-suite', ['file-without-suite']],
    ['twins', ['test-after-run', 'test-twice', 'skip-without-reason']],
    ['throws-on-import', ['case-file-throws']],
    ['exits-on-import', ['case-file-throws']],
    ['no-such-file', ['case-file-throws']],
  ];
  for (const [name, expected] of mistakes) {
    it(`names the mistake of ${name}`, async () => {
      assert.deepEqual(await codes(name), expected);
    });
  }

  it('says what an import threw and where', async () => {
    const { mistakes: found } = await list('throws-on-import');
    assert.match(found[0]?.what ?? '', /not today .*throws-on-import\.ts/);
  });

  it('lists the other files when one never comes to an end or exits', async () => {
    const files = ['loops-on-import', 'exits-on-import', 'passing'].map(fixture);
    const { cases, mistakes: found } = await listCases(files, root, 3000);
    assert.deepEqual(
      found.map(({ file }) => file),
      ['test/harness/fixtures/loops-on-import.ts', 'test/harness/fixtures/exits-on-import.ts'],
    );
    assert.equal(cases.length, 2);
  });
});
