import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListedCase, Listing } from '../../../harness/suite/listing.ts';
import { buildPlan } from '../../../harness/plan/plan.ts';
import type { Plan, PlanOptions } from '../../../harness/plan/plan.ts';
import { queueUnits } from '../../../harness/plan/units.ts';
import type { Isolation } from '../../../harness/plan/options.ts';

const listed = (file: string, test: string, more: Partial<ListedCase> = {}): ListedCase => ({
  file,
  suite: 's',
  test,
  needs: [],
  only: false,
  ...more,
});
const all: Listing = {
  cases: ['a', 'b', 'c'].flatMap((file) => [listed(file, '1'), listed(file, '2')]),
  mistakes: [],
};
const plan = (more: Partial<PlanOptions> = {}): Plan =>
  buildPlan({
    ...{ listing: all, files: ['a', 'b', 'c'].map((name) => ({ name, path: `/${name}` })) },
    bases: [{ name: 'v2.6.30', applied: ['c/r: one'] }],
    ci: false,
    durations: {},
    ...more,
  });
const ids = ({ entries }: Plan) => entries.map(({ planned }) => `${planned.file}${planned.test}`);

describe('buildPlan', () => {
  it('keeps the order of the files and their cases', () => {
    assert.deepEqual(ids(plan()), ['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
  });

  it('plans each case for each base', () => {
    const bases = ['v2.6.30', 'v6.1'].map((name) => ({ name, applied: [] }));
    const { entries } = plan({ bases });
    assert.equal(entries.length, 12);
    assert.equal(entries[6]?.planned.base, 'v6.1');
  });

  it('chooses by expression, also by one that remembers where it stopped', () => {
    assert.deepEqual(ids(plan({ grep: /> 2$/g })), ['a2', 'b2', 'c2']);
  });

  it('refuses a plan of nothing', () => {
    assert.throws(() => plan({ grep: /nothing/ }), { code: 'no-cases', fault: 'usage' });
    const listing = { cases: [], mistakes: [] };
    assert.throws(() => plan({ listing }), { code: 'no-cases' });
    assert.throws(() => plan({ shard: { index: 7, of: 7 } }), { code: 'no-cases' });
  });

  it('gives every case to exactly one shard', () => {
    const parts = [1, 2, 3, 4].flatMap((index) => ids(plan({ shard: { index, of: 4 } })));
    assert.deepEqual(parts.sort(), ids(plan()).sort());
  });

  it('puts what runs before or after all others there, shuffled or not', () => {
    const cases = [
      listed('a', '1'),
      listed('a', 'last', { needs: [{ allInOne: 'last' }] }),
      listed('b', '1'),
      listed('b', 'first', { needs: [{ base: 'v2.6.30' }, { allInOne: 'first' }] }),
    ];
    const listing = { cases, mistakes: [] };
    assert.deepEqual(ids(plan({ listing })), ['bfirst', 'a1', 'b1', 'alast']);
    for (const seed of [1, 2, 3]) {
      const shuffled = ids(plan({ listing, shuffle: seed }));
      assert.deepEqual([shuffled[0], shuffled[3]], ['bfirst', 'alast']);
    }
    const bases = ['v2.6.30', 'v6.1'].map((name) => ({ name, applied: [], allInOne: true }));
    const both = plan({ listing, bases }).entries;
    assert.deepEqual(both.map(({ planned }) => planned.base).slice(3, 5), ['v2.6.30', 'v6.1']);
    assert.equal(both[3]?.unmet, undefined);
  });

  it('takes a base on another processor for that base, and tells the two apart', () => {
    const cases = [
      listed('a', 'base', { needs: [{ base: 'v2.6.30' }] }),
      listed('a', 'patch', { needs: [{ patch: { 'v2.6.30': 'c/r: two' } }] }),
      listed('b', 'own', { needs: [{ base: 'v2.6.30-i386' }] }),
      listed('b', 'wide', { needs: [{ architecture: 'x86_64' }] }),
      listed('b', 'narrow', { needs: [{ architecture: 'i386' }] }),
    ];
    const known = [{ base: 'v2.6.30', case: /> own$/, reason: 'it is' }];
    const on = (name: string, architecture?: 'i386') =>
      plan({
        listing: { cases, mistakes: [] },
        bases: [{ name, applied: ['c/r: one'], ...(architecture && { architecture }) }],
        known,
      }).entries;
    assert.deepEqual(
      on('v2.6.30-i386', 'i386').map(({ unmet }) => unmet),
      [
        undefined,
        'needs the patch "c/r: two", which is not applied to v2.6.30-i386 in this run',
        undefined,
        'is about x86_64, this is i386',
        undefined,
      ],
    );
    assert.equal(on('v2.6.30-i386', 'i386')[2]?.known?.reason, 'it is');
    assert.deepEqual(
      on('v2.6.30').map(({ unmet }) => unmet),
      [
        undefined,
        'needs the patch "c/r: two", which is not applied to v2.6.30 in this run',
        'needs base v2.6.30-i386, this is v2.6.30',
        undefined,
        'is about i386, this is x86_64',
      ],
    );
  });

  it('skips what wants all cases in one guest where they have more', () => {
    const listing = { cases: [listed('a', '1', { needs: [{ allInOne: 'last' }] })], mistakes: [] };
    const [entry] = plan({ listing }).entries;
    assert.equal(entry?.unmet, 'needs one guest for all cases: --reuse');
  });

  it('shuffles the same way for the same seed, and loses nothing', () => {
    const shuffled = ids(plan({ shuffle: 7 }));
    assert.deepEqual(ids(plan({ shuffle: 7 })), shuffled);
    assert.notDeepEqual(ids(plan({ shuffle: 8 })), shuffled);
    assert.notDeepEqual(shuffled, ids(plan()));
    assert.deepEqual(shuffled.sort(), ids(plan()).sort());
  });

  it('repeats a case under numbers', () => {
    const { entries } = plan({ repeat: 3, grep: /^a > s > 1$/ });
    assert.deepEqual(
      entries.map(({ attempt }) => attempt),
      [1, 2, 3].map((number) => ({ number, of: 3 })),
    );
  });

  it('says what a run lacks', () => {
    const needs = [{ base: 'v6.1' }];
    const cases = [
      listed('a', '1', { needs }),
      listed('a', '2', { needs: [{ patch: 'c/r: one' }, { patch: 'c/r: two' }] }),
      listed('a', '3', { needs: [{ patch: 'c/r: one', base: ['v2.6.30', 'v6.1'] }] }),
      listed('a', '4', { skip: 'not yet' }),
    ];
    const { entries } = plan({ listing: { cases, mistakes: [] } });
    assert.match(entries[0]?.unmet ?? '', /needs base v6\.1, this is v2\.6\.30/);
    assert.match(entries[1]?.unmet ?? '', /"c\/r: two", which is not applied/);
    assert.equal(entries[2]?.unmet, undefined);
    assert.equal(entries[3]?.unmet, 'not yet');
  });

  it('makes mistakes entries, and tells a case once', () => {
    const mistake = { code: 'test-twice' as const, what: 'twice', next: 'rename' };
    const mistakes = [{ file: 'a', suite: 's', test: '1', ...mistake }];
    const { entries } = plan({ listing: { ...all, mistakes } });
    assert.equal(entries.length, 6);
    assert.deepEqual(
      entries.filter((entry) => entry.mistake).map(({ planned }) => planned.id),
      ['a > s > 1'],
    );
  });

  it('obeys .only at home and refuses it where CI is set', () => {
    const cases = [...all.cases, listed('b', '3', { only: true })];
    const home = plan({ listing: { cases, mistakes: [] } });
    assert.deepEqual(ids(home), ['b3']);
    assert.match(home.warnings.join(), /only "3" is run/);
    const ci = plan({ listing: { cases, mistakes: [] }, ci: true });
    assert.equal(ci.entries.length, 7);
    assert.deepEqual(
      ci.entries.filter((entry) => entry.mistake).map(({ mistake }) => mistake?.code),
      ['only-left-in'],
    );
  });

  it('knows which cases are known to fail, and tells entries of no case', () => {
    const known = [
      { base: 'v2.6.30', case: /^a > s > 1$/, reason: 'later' },
      { base: 'v6.1', case: /^a > s > 2$/, reason: 'not here' },
      { base: 'v6.1', case: /gone/, reason: 'never' },
    ];
    const { entries } = plan({ known, whole: true, repeat: 2 });
    const told = entries.filter((entry) => entry.known).map(({ planned }) => planned.id);
    assert.deepEqual(told, ['a > s > 1', 'a > s > 1']);
    const stale = entries.filter(({ mistake }) => mistake?.code === 'known-failure-of-no-case');
    assert.deepEqual(
      stale.map(({ planned }) => planned.test),
      ['gone', 'gone'],
    );
    assert.equal(plan({ known }).entries.filter((entry) => entry.mistake).length, 0);
  });

  it('gives a command that a shell takes as it is', () => {
    const cases = [listed('cases/a.ts', "it's 1 + 1 (really)")];
    const [entry] = plan({ listing: { cases, mistakes: [] } }).entries;
    const grep = "'s > it'\\''s 1 \\+ 1 \\(really\\)$'";
    assert.equal(entry?.rerun, `npm run lab -- run cases/a.ts --grep ${grep} --base v2.6.30`);
  });
});

describe('queueUnits', () => {
  const units = (isolation: Isolation, jobs: number, durations = {}) => {
    const queue = queueUnits(plan({ durations }).entries, isolation, jobs);
    const taken: string[] = [];
    for (let unit = queue.take(undefined); unit !== undefined; unit = queue.take(undefined))
      taken.push(unit.entries.map(({ planned }) => `${planned.file}${planned.test}`).join());
    return taken;
  };

  it('makes one unit for one guest that is used for all', () => {
    assert.deepEqual(units('none', 1), ['a1,a2,b1,b2,c1,c2']);
  });

  it('makes units of suites, files or cases', () => {
    assert.equal(units('none', 2).length, 3);
    assert.deepEqual(units('file', 1), ['a1,a2', 'b1,b2', 'c1,c2']);
    assert.equal(units('case', 1).length, 6);
  });

  it('hands out what lasted longest first where there are several guests', () => {
    const durations = { 'v2.6.30 b > s > 2': 9000, 'v2.6.30 c > s > 1': 5000 };
    assert.deepEqual(units('case', 2, durations).slice(0, 2), ['b2', 'c1']);
    assert.deepEqual(units('case', 1, durations).slice(0, 2), ['a1', 'a2']);
  });

  it('leaves a shuffled order as it is, however long the cases lasted', () => {
    const { entries } = plan({ durations: { 'v2.6.30 b > s > 2': 9000 }, shuffle: 7 });
    const queue = queueUnits(entries, 'case', 2, true);
    const taken = entries.map(() => queue.take(undefined)?.entries[0]?.planned.id);
    assert.deepEqual(
      taken,
      entries.map(({ planned }) => planned.id),
    );
  });

  it('hands out what the project is about first, but where the order is shuffled', () => {
    const headline = { name: 'the second', cases: /^b / };
    const { entries } = plan({ headline, durations: { 'v2.6.30 c > s > 1': 9000 } });
    const first = (shuffled: boolean) =>
      queueUnits(entries, 'file', 2, shuffled).take(undefined)?.entries[0]?.planned;
    assert.deepEqual([first(false)?.file, first(false)?.headline], ['b', 'the second']);
    assert.equal(first(true)?.file, 'a');
  });

  it('prefers the base a guest has', () => {
    const bases = ['v2.6.30', 'v6.1'].map((name) => ({ name, applied: [] }));
    const queue = queueUnits(plan({ bases }).entries, 'file', 1);
    assert.equal(queue.take('v6.1')?.base, 'v6.1');
    assert.equal(queue.take('v2.6.30')?.base, 'v2.6.30');
  });
});
