import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkCases } from '../../../harness/plan/prepare-plan.ts';
import { fixture, root } from '../fixture.ts';

const bases = [{ name: 'v6.1' }];
const options = { grep: undefined, shard: undefined };

describe('before a kernel is built', () => {
  it('a file that throws when it is loaded is named', async () => {
    const files = [fixture('passing'), fixture('throws-on-import')];
    await assert.rejects(checkCases(files, bases, options, { root }), {
      code: 'case-file-throws',
      fault: 'usage',
      doing: 'reading test/harness/fixtures/throws-on-import.ts',
    });
  });

  it('words that no case matches are refused', async () => {
    const grep = /no case is called that/;
    await assert.rejects(checkCases([fixture('passing')], bases, { ...options, grep }, { root }), {
      code: 'no-cases',
      fault: 'usage',
    });
  });

  it('what the files declare is returned, whatever the series will offer', async () => {
    const { cases } = await checkCases([fixture('needs')], bases, options, { root });
    assert.ok(cases.length > 0);
  });
});
