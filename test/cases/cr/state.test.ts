import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ledger, worstLosses } from '../../../cases/cr/state/ledger.ts';
import { renderState } from '../../../docs/state.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import { checkLedger, compareLedger } from '../../../harness/core/state.ts';
import { loadProject } from '../../../harness/session/load-project.ts';
import { namesOf, readCaseNames, readLedgerFields } from '../../../harness/session/state.ts';
import { findImage } from '../../../kernel/image.ts';

const repository = resolve(import.meta.dirname, '../../..');
const project = await loadProject(repository);
const home = findLabHome();

/** What the ledger is about at least: what hangs on a task. */
const wanted = [
  ...['task_struct', 'signal_struct', 'sighand_struct', 'mm_struct', 'vm_area_struct'],
  ...['files_struct', 'file', 'fs_struct', 'cred', 'nsproxy', 'thread_struct'],
];

describe("the ledger of a task's state", () => {
  it('is the one of the project, and of all structs that it must be about', () => {
    assert.deepEqual(project.state, ledger);
    const names = ledger.map(({ name }) => name);
    assert.deepEqual(
      wanted.filter((name) => !names.includes(name)),
      [],
    );
  });

  it('has no field twice, a reason in each row, and cases that are there', async () => {
    const isCase = await readCaseNames(project);
    assert.ok(isCase('comes-back-signals: handlers'));
    assert.ok(!isCase('comes-back-signals: handler'));
    assert.deepEqual(checkLedger(ledger, namesOf(project.bases), isCase), []);
  });

  it('calls the worst what it has as lost', () => {
    const lost = ledger.flatMap(({ name, rows }) =>
      rows
        .filter(({ fate }) => fate === 'lost')
        .flatMap(({ fields }) => fields.map((field) => `${name}.${field}`)),
    );
    assert.deepEqual(
      worstLosses.filter((field) => !lost.includes(field)),
      [],
    );
  });

  it('is docs/state.md', () => {
    assert.equal(
      readFileSync(join(repository, 'docs/state.md'), 'utf8'),
      renderState(),
      'bring it up to date: node --import tsx docs/state.ts > docs/state.md',
    );
  });
});

describe('the ledger and a kernel', () => {
  for (const base of project.bases)
    it(`agree about ${base.name}`, async (test) => {
      const image = await findImage({ base }, home);
      if (image === undefined) {
        const how = `\`npm run lab -- --base ${base.name}\` builds one`;
        test.skip(`no kernel of ${base.name} as it is here in ${home.images}: ${how}`);
        return;
      }
      const fields = await readLedgerFields(join(image, 'vmlinux'), ledger);
      assert.deepEqual(compareLedger(ledger, base.name, fields), []);
    });
});
