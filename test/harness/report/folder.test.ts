import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { BaseFiles } from '../../../harness/core/events.ts';
import { isLabError, toReport } from '../../../harness/core/errors.ts';
import { writeReports } from '../../../harness/report/files.ts';
import {
  latestRun,
  makeRunFolder,
  pointLatest,
  pruneRuns,
} from '../../../harness/report/folder.ts';
import { resultsSchema } from '../../../harness/results/results.ts';
import { filesOf } from '../../../harness/report/kept-files.ts';
import { baseReady, collect, red } from './recorded.ts';

const time = new Date('2026-03-14T15:09:26.535Z');
const now = new Date('2026-03-14T15:10:00Z');

describe('a run’s folder', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'lab-results-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function makeEnded(name: string): Promise<void> {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'results.json'), '{}');
  }

  it('is named for its time and bases, and never another’s', async () => {
    const bases = ['v2.6.30', 'v6.1'];
    const runs = await Promise.all([1, 2, 3].map(() => makeRunFolder(root, bases, time)));
    assert.deepEqual(runs.map(({ run }) => run).sort(), [
      '2026-03-14T15-09-26Z-v2.6.30-v6.1',
      '2026-03-14T15-09-26Z-v2.6.30-v6.1-2',
      '2026-03-14T15-09-26Z-v2.6.30-v6.1-3',
    ]);
  });

  it('explains itself where it cannot be made', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    await assert.rejects(
      makeRunFolder(file, ['v6.1'], time),
      (error) => isLabError(error) && error.code === 'results-folder',
    );
  });

  it('is what latest points to', async () => {
    assert.equal(await latestRun(root), undefined);
    const first = await makeRunFolder(root, ['v6.1'], time);
    await pointLatest(root, first);
    const second = await makeRunFolder(root, ['v6.1'], time);
    await pointLatest(root, second);
    assert.equal(await latestRun(root), second.run);
    assert.deepEqual((await readdir(root)).sort(), [first.run, second.run, 'latest']);
  });

  it('takes the place of the oldest, and of nothing else', async () => {
    const names = ['2026-01-01T00-00-00Z-v6.1', '2026-01-02T00-00-00Z-v6.1', 'my-notes'];
    for (const name of names) await makeEnded(name);
    await writeFile(join(root, '2026-01-01T00-00-00Z-file'), '');
    const current = await makeRunFolder(root, ['v6.1'], time);
    await pruneRuns(root, { newest: 2, current, named: new Set(), now });
    assert.deepEqual((await readdir(root)).sort(), [
      '2026-01-01T00-00-00Z-file',
      '2026-01-02T00-00-00Z-v6.1',
      current.run,
      'my-notes',
    ]);
  });

  it('is not removed while the run goes on, however old it looks', async () => {
    const current = await makeRunFolder(root, ['v6.1'], new Date('2001-01-01'));
    await makeEnded('2026-01-02T00-00-00Z-v6.1');
    await writeFile(join(current.path, 'results.json'), '');
    await pruneRuns(root, { newest: 1, current, named: new Set(), now });
    assert.equal((await readdir(root)).length, 2);
  });

  it('stays while its run goes on, for a day, and while a proof names it', async () => {
    const kept = ['2026-03-14T09-00-00Z-v6.1', '2026-01-03T00-00-00Z-v6.1'];
    for (const name of [...kept, '2026-01-02T00-00-00Z-v6.1']) await makeEnded(name);
    await mkdir(join(root, '2026-01-01T00-00-00Z-v6.1'));
    const current = await makeRunFolder(root, ['v6.1'], time);
    await pruneRuns(root, { newest: 1, current, named: new Set(kept.slice(1)), now });
    assert.deepEqual((await readdir(root)).sort(), [
      '2026-01-01T00-00-00Z-v6.1',
      ...kept.toReversed(),
      current.run,
    ]);
  });

  describe('with its reports', () => {
    const names = ['config', 'bzImage', 'System.map', 'vmlinux', 'build.log'];
    let kernel: string;
    beforeEach(async () => {
      kernel = join(root, 'kernel');
      await mkdir(kernel);
      for (const name of names) await writeFile(join(kernel, name), `the ${name}`);
    });
    const files = () => ({
      config: join(kernel, 'config'),
      image: join(kernel, 'bzImage'),
      systemMap: join(kernel, 'System.map'),
      vmlinux: join(kernel, 'vmlinux'),
      buildLog: join(kernel, 'build.log'),
    });

    const ready = (of: BaseFiles) => {
      assert.ok(baseReady.type === 'base-ready');
      return filesOf({ ...baseReady, files: of, at: 1 });
    };

    it('holds every report, and the kernel under a second name, not twice', async () => {
      const folder = await makeRunFolder(root, ['v2.6.30'], time);
      const problems = await writeReports(collect(red), folder.path, ready(files()));
      assert.deepEqual(problems, []);
      assert.deepEqual((await readdir(folder.path)).sort(), [
        'RERUN',
        'junit.xml',
        'report.html',
        'results.json',
        'results.tap',
        ...names.map((name) => `v2.6.30-${name}`).sort(),
      ]);
      const [one, other] = await Promise.all([
        stat(join(kernel, 'vmlinux')),
        stat(join(folder.path, 'v2.6.30-vmlinux')),
      ]);
      assert.equal(one.ino, other.ino);
      resultsSchema.parse(JSON.parse(await readFile(join(folder.path, 'results.json'), 'utf8')));
    });

    it('holds what a stage left that failed, a copy of what the next build writes', async () => {
      const folder = await makeRunFolder(root, ['v2.6.30'], time);
      const error = toReport(new Error('it does not compile'));
      const failed = {
        ...({ type: 'stage-failed', stage: 'build', base: 'v2.6.30', error } as const),
        at: 1,
        milliseconds: 1,
        files: { 'build.log': join(kernel, 'build.log') },
      };
      assert.deepEqual(await writeReports(collect(red), folder.path, filesOf(failed)), []);
      await writeFile(join(kernel, 'build.log'), 'another');
      const kept = await readFile(join(folder.path, 'v2.6.30-build.log'), 'utf8');
      assert.equal(kept, 'the build.log');
    });

    it('says what could not be written, and writes the rest', async () => {
      const folder = await makeRunFolder(root, ['v2.6.30'], time);
      await mkdir(join(folder.path, 'junit.xml'));
      const gone = { ...files(), config: join(kernel, 'gone') };
      const problems = await writeReports(collect(red), folder.path, ready(gone));
      assert.equal(problems.length, 2);
      assert.match(problems[0] ?? '', /^v2\.6\.30-config: ENOENT/);
      assert.match(problems[1] ?? '', /^junit\.xml: EISDIR/);
      const page = await readFile(join(folder.path, 'report.html'), 'utf8');
      assert.doesNotMatch(page, /href="v2\.6\.30-config"/);
      assert.ok((await readdir(folder.path)).includes('results.tap'));
    });
  });
});
