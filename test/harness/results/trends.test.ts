import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CaseResult } from '../../../harness/core/events.ts';
import { toPast, type History } from '../../../harness/results/history.ts';
import type { Results } from '../../../harness/results/results.ts';
import { findNews, findTrends, type News } from '../../../harness/results/trends.ts';
import { one, passes, runOfDay, type PastFacts } from './past.ts';

const past = (...runs: readonly Results[]): History => ({ runs: runs.map(toPast) });
const fails = (test: string): CaseResult => one(test, { verdict: 'fail', reason: 'no' });
const names = ({ red, green, slower }: News) => ({
  red: red.map(({ result }) => result.test),
  green: green.map(({ result }) => result.test),
  slower: slower.map(({ result }) => result.test),
});
const nothing = { red: [], green: [], slower: [] };

describe('what is new in a run', () => {
  const before = past(runOfDay(1, [...passes({ a: 10, b: 10 }), fails('c'), fails('d')]));

  it('is what turned red or green since each case was judged last', () => {
    const now = runOfDay(2, [fails('a'), one('b'), one('c'), fails('d')]);
    const news = findNews(before, now);
    assert.deepEqual(names(news), { red: ['a'], green: ['c'], slower: [] });
    assert.equal(news.red[0]?.before?.outcome, 'pass');
    assert.deepEqual(news.since, ['2026-03-01T12-00-00Z-v2.6.30']);
  });

  it('is a red case that was not there before, but nothing of a first run', () => {
    assert.deepEqual(names(findNews(before, runOfDay(2, [one('a'), fails('new')]))).red, ['new']);
    assert.deepEqual(names(findNews(past(), runOfDay(2, [fails('a')]))), nothing);
  });

  it('looks past a run that left the case out', () => {
    const history = past(runOfDay(1, [fails('a')]), runOfDay(2, passes({ b: 1 })));
    assert.deepEqual(names(findNews(history, runOfDay(3, [fails('a'), one('b')]))), nothing);
  });

  it('is nothing of a case that was not run, or skipped, or cut short', () => {
    const error = { code: 'interrupted', doing: '', what: '', next: '' };
    const now = runOfDay(2, [
      one('a', { provenIn: 'x', milliseconds: 9999 }),
      one('b', { verdict: 'error', error: { ...error, fault: 'infrastructure' } }),
      one('c', { provenIn: 'x' }),
      one('d', { verdict: 'skip' }),
    ]);
    assert.deepEqual(names(findNews(before, now)), nothing);
  });

  it('compares runs of one kind only, and none with itself or a later one', () => {
    const kind: PastFacts = { kind: '--upto 11' };
    assert.deepEqual(names(findNews(before, runOfDay(2, [fails('a')], kind))), nothing);
    const upto = past(runOfDay(1, passes({ a: 1 }), kind));
    assert.deepEqual(names(findNews(upto, runOfDay(2, [fails('a')], kind))).red, ['a']);
    const self = runOfDay(2, [fails('a')]);
    assert.deepEqual(names(findNews(past(self, runOfDay(3, passes({ a: 1 }))), self)), nothing);
  });

  it('counts a flaky case as red', () => {
    const flaky = [one('a', { attempt: { number: 1, of: 2 } }), fails('a')];
    assert.deepEqual(names(findNews(before, runOfDay(2, flaky))).red, ['a']);
  });

  const times = (ms: number) => runOfDay(2, passes({ a: ms }));
  const took = (...each: readonly number[]) =>
    past(...each.map((a, index) => runOfDay(index + 1, passes({ a }))));
  const slowerThan = (history: History, ms: number, facts: PastFacts = {}) =>
    names(findNews(history, runOfDay(9, passes({ a: ms }), facts))).slower;

  it('is what takes half as long again, and a tenth of a second more', () => {
    assert.deepEqual(slowerThan(took(1000), 1500), ['a']);
    assert.deepEqual(slowerThan(took(1000), 1499), []);
    assert.deepEqual(slowerThan(took(10), 109), []);
    assert.deepEqual(slowerThan(took(10), 110), ['a']);
    assert.equal(findNews(took(1000), times(2000)).slower[0]?.usual, 1000);
  });

  it('goes by the middle of the last five times, where it passed, on the same machine', () => {
    assert.deepEqual(slowerThan(took(300, 300, 3000, 300, 300), 500), ['a']);
    assert.deepEqual(slowerThan(took(300, 1000, 1000, 1000, 1000, 1000), 1400), []);
    assert.deepEqual(slowerThan(took(300), 3000, { host: 'another' }), []);
    assert.deepEqual(slowerThan(past(runOfDay(1, [fails('a')])), 3000), []);
  });

  it('does not name each case of a machine that is slow', () => {
    const all = (factor: number, odd: number) =>
      passes({
        ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`t${i}`, 400 * factor])),
        odd: 400 * factor * odd,
      });
    const news = findNews(past(runOfDay(1, all(1, 1))), runOfDay(2, all(3, 2)));
    assert.deepEqual(names(news).slower, ['odd']);
    assert.equal(news.factor, 3);
  });
});

describe('what a history shows', () => {
  it('says what is red, since when, and when it was last good', () => {
    const history = past(
      runOfDay(1, passes({ a: 1 })),
      runOfDay(2, [fails('a')]),
      runOfDay(3, [fails('a'), fails('never')]),
      runOfDay(4, passes({ b: 1 })),
    );
    const { red, turns } = findTrends(history);
    const day = (time = '') => Number(time.slice(8, 10));
    assert.deepEqual(
      red.map(({ id, good, since, last }) => [
        id.split(' > ').at(-1),
        ...[good, since, last].map((point) => day(point?.run.time)),
      ]),
      [
        ['a', 1, 2, 3],
        ['never', 0, 3, 3],
      ],
    );
    assert.deepEqual(
      turns.map(({ before, after }) => [day(before.run.time), day(after.run.time)]),
      [[1, 2]],
    );
  });

  it('calls a case flaky that differs on one kernel of one commit, or within a run', () => {
    const same: PastFacts = { commit: 'c0ffee000000', image: 'one' };
    const dirty = { ...same, commit: 'c0ffee000000 with changes that are not committed' };
    const flakes = (...runs: readonly Results[]) =>
      findTrends(past(...runs)).flakes.map(({ passed, ran }) => [passed, ran]);
    const [good, bad] = [passes({ a: 1 }), [fails('a')]];
    assert.deepEqual(flakes(runOfDay(1, good, same), runOfDay(2, bad, same)), [[1, 2]]);
    assert.deepEqual(flakes(runOfDay(1, good, dirty), runOfDay(2, bad, dirty)), []);
    assert.deepEqual(flakes(runOfDay(1, good), runOfDay(2, bad)), []);
    assert.deepEqual(flakes(runOfDay(1, [...good, ...bad, ...good])), [[2, 3]]);
  });

  it('says what got slower than it was', () => {
    const days = [400, 400, 400, 400, 900, 900, 900].map((a, index) =>
      runOfDay(index + 1, passes({ a, b: 400 })),
    );
    const { slower } = findTrends(past(...days));
    assert.deepEqual(
      slower.map(({ id, usual, now }) => [id.split(' > ').at(-1), usual, now]),
      [['a', 400, 900]],
    );
  });
});
