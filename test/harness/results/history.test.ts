import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { addToHistory, historyPath, readHistory } from '../../../harness/results/history.ts';
import { mergeResults } from '../../../harness/results/merge.ts';
import { one, passes, runOfDay } from './past.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lab-history-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Returns each run's day and what its cases came to. */
async function kept() {
  const { runs } = await readHistory(root);
  return runs.map(({ time, cases }) => [
    Number(time.slice(8, 10)),
    ...cases.map(({ name, outcome, milliseconds }) =>
      [name.id.split(' > ').at(-1), outcome, milliseconds].join(' '),
    ),
  ]);
}

const unreadable = (error: unknown) => isLabError(error) && error.code === 'history-unreadable';

describe('the history', () => {
  it('is empty where there is none, and no file is made by looking', async () => {
    assert.deepEqual((await readHistory(root)).runs, []);
    await addToHistory(root, []);
    await assert.rejects(stat(historyPath(root)), { code: 'ENOENT' });
  });

  it('keeps what each case came to, each attempt, in the order the runs began', async () => {
    const failed = one('a', { verdict: 'fail', reason: 'EAGAIN\nwas not', milliseconds: 7.4 });
    const known = one('b', { verdict: 'fail', known: 'as ever', milliseconds: 3 });
    await addToHistory(root, [runOfDay(2, [failed, known, one('a', { milliseconds: 9 })])]);
    await addToHistory(root, [runOfDay(1, passes({ a: 5 }))]);
    assert.deepEqual(await kept(), [
      [1, 'a pass 5'],
      [2, 'a fail 7', 'a pass 9', 'b known 3'],
    ]);
    const [, second] = (await readHistory(root)).runs;
    assert.ok(second);
    assert.equal(second.cases[0]?.reason, 'EAGAIN was not');
    assert.equal(second.commit, 'c0ffee000002');
    assert.deepEqual(second.bases, [{ base: 'v2.6.30', image: 'image2' }]);
  });

  it('has no line of a case that was not run, or not to its end', async () => {
    const error = { code: 'interrupted', fault: 'infrastructure', doing: '', what: '', next: '' };
    await addToHistory(root, [
      runOfDay(1, [
        one('proven', { provenIn: '2026-03-01T00-00-00Z-v2.6.30' }),
        one('skipped', { verdict: 'skip' }),
        one('left', { verdict: 'not-run' }),
        one('cut', { verdict: 'error', error: { ...error, fault: 'infrastructure' } }),
        one('run'),
      ]),
    ]);
    assert.deepEqual(await kept(), [[1, 'run pass 42']]);
    assert.equal((await readHistory(root)).runs[0]?.proven, 1);
  });

  it('takes some twenty bytes for a case it knows, and has no run twice', async () => {
    const many = passes(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`t${i}`, i])));
    await addToHistory(root, [runOfDay(1, many)]);
    const before = (await stat(historyPath(root))).size;
    await addToHistory(root, [runOfDay(2, many)]);
    const after = (await stat(historyPath(root))).size;
    assert.ok(after - before < 200 * 20 + 500, `${after - before}`);
    await addToHistory(root, [runOfDay(2, many)]);
    assert.equal((await stat(historyPath(root))).size, after);
  });

  it('leaves out a run that was cut short, and goes on after it', async () => {
    await addToHistory(root, [runOfDay(1, passes({ a: 1 }))]);
    const whole = await readFile(historyPath(root), 'utf8');
    await addToHistory(root, [runOfDay(2, passes({ a: 2, b: 2, c: 2 }))]);
    const both = await readFile(historyPath(root), 'utf8');
    const lengths = Array.from(both, (_, length) => length).slice(whole.length);
    for (const length of lengths.filter((each) => each % 13 === 0 || each > both.length - 16)) {
      await writeFile(historyPath(root), both.slice(0, length));
      // The last character is the end of a line, which nothing is lost with.
      const second = length === both.length - 1 ? [[2, 'a pass 2', 'b pass 2', 'c pass 2']] : [];
      assert.deepEqual(await kept(), [[1, 'a pass 1'], ...second], `${length} bytes`);
      await addToHistory(root, [runOfDay(3, passes({ c: 3, b: 4, d: 5 }))]);
      assert.deepEqual(
        await kept(),
        [[1, 'a pass 1'], ...second, [3, 'c pass 3', 'b pass 4', 'd pass 5']],
        `${length} bytes`,
      );
    }
  });

  it('is cut to its size, the oldest runs first, and does not take them again', async () => {
    const many = passes(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`t${i}`, i])));
    for (let day = 1; day <= 20; day += 1) await addToHistory(root, [runOfDay(day, many)], 12_000);
    assert.ok((await stat(historyPath(root))).size <= 12_000);
    const days = (await kept()).map(([day]) => Number(day));
    assert.equal(days.at(-1), 20);
    assert.ok(days.length >= 4 && days.length < 20, days.join());
    assert.deepEqual((await kept()).at(-1)?.slice(1, 3), ['t0 pass 0', 't1 pass 1']);
    await addToHistory(root, [runOfDay(1, many)], 12_000);
    assert.deepEqual(
      (await kept()).map(([day]) => Number(day)),
      days,
    );
    assert.match((await readHistory(root)).since, /^2026-03-/);
  });

  it('keeps the newest run even if it alone is too big', async () => {
    await addToHistory(root, [runOfDay(1, passes({ a: 1 }))], 10);
    assert.deepEqual(await kept(), [[1, 'a pass 1']]);
  });

  it('shows a merged run instead of its parts', async () => {
    const parts = [runOfDay(1, passes({ a: 1 })), runOfDay(2, passes({ b: 2 }))];
    const merged = mergeResults(parts, { run: '2026-03-03T00-00-00Z-merged', command: '' });
    await addToHistory(root, [...parts, merged]);
    assert.deepEqual(await kept(), [[1, 'a pass 1', 'b pass 2']]);
  });

  it('loses nothing of labs that end at once', async () => {
    const days = Array.from({ length: 12 }, (_, index) => index + 1);
    await Promise.all(
      days.map((day) => addToHistory(root, [runOfDay(day, passes({ [`t${day}`]: day, a: day }))])),
    );
    assert.deepEqual(
      await kept(),
      days.map((day) => [day, `t${day} pass ${day}`, `a pass ${day}`]),
    );
  });

  it('refuses what is no history, and a newer one, and leaves both alone', async () => {
    for (const text of ['what is this?\n', '{"history":2,"since":""}\n']) {
      await writeFile(historyPath(root), text);
      await assert.rejects(readHistory(root), unreadable);
      await assert.rejects(addToHistory(root, [runOfDay(1, [])]), unreadable);
      assert.equal(await readFile(historyPath(root), 'utf8'), text);
    }
  });

  it('takes no case of a line that means nothing', async () => {
    await addToHistory(root, [runOfDay(1, passes({ a: 1 }))]);
    const head = (await readFile(historyPath(root), 'utf8')).split('\n')[1] ?? '';
    const other = head.replace('2026-03-01', '2026-03-09').replace('"lines":2', '"lines":3');
    await appendFile(historyPath(root), `${other}\n[99,"p",1]\n[0,"?",1]\n[0,"p","x"]\n`);
    const { runs } = await readHistory(root);
    assert.deepEqual(runs.at(-1)?.cases, []);
  });
});
