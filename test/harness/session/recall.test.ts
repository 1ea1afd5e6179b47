import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ProjectCli } from '../../../harness/core/project.ts';
import { isLabError } from '../../../harness/core/errors.ts';
import { compareResults } from '../../../harness/results/compare.ts';
import { addToHistory } from '../../../harness/results/history.ts';
import { recallRuns } from '../../../harness/session/recall.ts';
import { one, passes, runOfDay } from '../results/past.ts';

let root: string;
const gone = runOfDay(1, [
  ...passes({ slow: 100, b: 100 }),
  one('k', { verdict: 'fail', known: 'x' }),
]);
const kept = runOfDay(2, [
  ...passes({ slow: 900, new: 1 }),
  one('b', { verdict: 'fail' }),
  one('k', { verdict: 'fail', known: 'x' }),
]);
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'lab-recall-'));
  await mkdir(join(root, 'results', kept.run), { recursive: true });
  await writeFile(join(root, 'results', kept.run, 'results.json'), JSON.stringify(kept));
  await addToHistory(join(root, 'results'), [gone, kept]);
});
after(() => rm(root, { recursive: true, force: true }));

// Where the runs are is all that is asked of the project.
const cli = () =>
  ({ folder: root, project: { results: join(root, 'results') } }) as unknown as ProjectCli;

describe('a run whose folder is gone', () => {
  it('is compared by what the history has of it, and nothing else', async () => {
    const { runs, notes } = await recallRuns([gone.run, kept.run], cli());
    const { verdicts, times, circumstances } = compareResults(...runs);
    assert.deepEqual(
      verdicts.map(({ before: old, after: now, worse }) => [
        now.test,
        old.verdict,
        now.verdict,
        worse,
      ]),
      [['b', 'pass', 'fail', true]],
    );
    assert.deepEqual(
      times.map(({ after: now }) => now.test),
      ['slow'],
    );
    assert.deepEqual(circumstances, ['v2.6.30: another image, image2 instead of image1']);
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', new RegExp(`folder of ${gone.run} is gone`));
  });

  it('may be on both sides', async () => {
    const { runs } = await recallRuns([gone.run, gone.run], cli());
    assert.deepEqual(compareResults(...runs), compareResults(runs[0], runs[0]));
    assert.deepEqual(compareResults(...runs).circumstances, []);
  });

  it('is missing where the history has not heard of it', async () => {
    await assert.rejects(
      recallRuns(['2026-01-01T00-00-00Z-v6.1', kept.run], cli()),
      (error: unknown) => isLabError(error) && error.code === 'run-missing',
    );
  });
});
