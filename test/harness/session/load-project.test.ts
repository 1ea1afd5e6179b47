import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { loadProject } from '../../../harness/session/load-project.ts';

describe('loadProject', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'lab-project-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  it("reads the repository's own", async () => {
    const { name, notices } = await loadProject(resolve(import.meta.dirname, '../../..'));
    assert.equal(name, 'c/r');
    assert.ok(notices.some((notice) => notice.test('c/r: task 42 is TASK_DEAD')));
  });

  it('takes a folder without a file for a project without rules', async () => {
    assert.deepEqual(await loadProject(folder), { name: basename(folder), notices: [] });
  });

  for (const [what, text, words] of [
    ['does not parse', 'export default {', /project-unreadable/],
    ['exports nothing by default', 'export const name = 1;', /exports no project/],
    ['has no name', 'export default { notices: [] };', /name/],
    [
      'has a notice that is no expression',
      "export default { name: 'x', notices: ['a'] };",
      /notices/,
    ],
    ['has a key that there is not', "export default { name: 'x', notices: [], bse: 1 };", /bse/],
  ] as const)
    it(`refuses one that ${what}, and says so`, async () => {
      const own = await mkdtemp(join(folder, 'broken-'));
      await writeFile(join(own, 'lab.config.ts'), text);
      await assert.rejects(loadProject(own), (error) => {
        assert.ok(isLabError(error), String(error));
        assert.equal(error.code, 'project-unreadable');
        assert.match(`${error.code} ${error.what} ${(error.details ?? []).join(' ')}`, words);
        return true;
      });
    });
});
