import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withDir } from 'tmp-promise';
import { parse } from 'yaml';
import type { LabError } from '../../../harness/core/errors.ts';
import { loadProject } from '../../../harness/session/load-project.ts';
import { writeProject } from '../../../harness/session/new-project.ts';
import { findCaseFiles, listCases } from '../../../harness/suite/list-cases.ts';
import { readSeries } from '../../../kernel/series/series.ts';

const inFolder = (work: (path: string) => Promise<void>) =>
  withDir(({ path }) => work(path), { unsafeCleanup: true });

describe('lab new', () => {
  it('writes a project that can be read, with a case and a program', () =>
    inFolder(async (path) => {
      const folder = join(path, 'mine');
      const files = await writeProject(folder);
      const project = await loadProject(folder);
      assert.equal(project.name, 'mine');
      assert.deepEqual(
        project.programs.map(({ name }) => name),
        ['hello'],
      );
      const [base] = project.bases;
      assert.deepEqual((await readSeries(base ?? assert.fail())).patches, []);
      const { cases, mistakes } = await listCases(await findCaseFiles([], project), folder);
      assert.deepEqual(mistakes, []);
      assert.deepEqual(
        cases.map(({ file }) => file),
        ['cases/hello.ts'],
      );
      const workflow = files.find((name) => name.endsWith('.yml')) ?? '';
      assert.ok(parse(await readFile(join(folder, workflow), 'utf8')));
    }));

  it('writes into a folder that is there and empty', () =>
    inFolder(async (path) => {
      await writeProject(path);
      await loadProject(path);
    }));

  it('leaves alone a folder that holds something, and says what', () =>
    inFolder(async (path) => {
      await writeFile(join(path, 'thesis.tex'), '');
      await assert.rejects(
        writeProject(path),
        (error: LabError) =>
          error.code === 'project-not-empty' && error.what.includes('thesis.tex'),
      );
      await assert.rejects(writeProject(join(path, 'thesis.tex')), { code: 'project-not-empty' });
    }));
});
