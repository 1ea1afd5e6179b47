import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withDir } from 'tmp-promise';
import type { CaseResult } from '../../../harness/core/events.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import type { LabHome } from '../../../harness/core/home.ts';
import type { PlanEntry } from '../../../harness/plan/plan.ts';
import type { KeyOfFile } from '../../../harness/proofs/proof-key.ts';
import { applyProofs, keepProofs, type Evidence } from '../../../harness/proofs/proofs.ts';

const inHome = (work: (home: LabHome) => Promise<void>) =>
  withDir(
    ({ path }) => work({ ...findLabHome({ LAB_HOME: path }), facts: path }), //
    { unsafeCleanup: true },
  );

function entry(file: string, test: string, more: Partial<PlanEntry> = {}): PlanEntry {
  const planned = { id: `${file} > s > ${test}`, base: 'v6.1', file, suite: 's', test };
  return { planned, file: { name: file, path: `/${file}` }, rerun: '', look: [], ...more };
}

function resultOf({ planned }: PlanEntry, more: Partial<CaseResult> = {}): CaseResult {
  return {
    ...planned,
    verdict: 'pass',
    milliseconds: 7,
    findings: [],
    console: [],
    shim: [],
    rerun: '',
    look: [],
    ...more,
  };
}

const key: KeyOfFile = ({ file }) => `key of ${file}`;
const one = entry('a.ts', 'one');
const second = entry('a.ts', 'two');
const other = entry('b.ts', 'one');
const two = [one, second, other];

/** Keeps a run of these entries; all that passed unless said otherwise. */
function keep(home: LabHome, more: Partial<Evidence> = {}, keyOf = key): Promise<void> {
  const entries = more.entries ?? two;
  const results = entries.filter(({ unmet }) => unmet === undefined).map((each) => resultOf(each));
  return keepProofs({ run: 'first', entries, results, ...more }, keyOf, home);
}

/** Returns the tests that stand proven among these entries. */
async function provenOf(
  home: LabHome,
  entries: readonly PlanEntry[] = two,
  keyOf = key,
): Promise<readonly string[]> {
  const applied = await applyProofs(entries, keyOf, home);
  return applied.flatMap(({ proven, planned }) =>
    proven === undefined ? [] : [`${planned.file} ${planned.test}`],
  );
}

const all = ['a.ts one', 'a.ts two', 'b.ts one'];

describe('what a run has proven', () => {
  it('is known to the next, with the run and the time', () =>
    inHome(async (home) => {
      assert.deepEqual(await provenOf(home), []);
      await keep(home);
      assert.deepEqual(await provenOf(home), all);
      const [first] = await applyProofs(two, key, home);
      assert.deepEqual(first?.proven, { run: 'first', milliseconds: 7 });
    }));

  it('holds on that base and under that key only', () =>
    inHome(async (home) => {
      await keep(home);
      const elsewhere = two.map((each) => ({
        ...each,
        planned: { ...each.planned, base: 'v2.6.30' },
      }));
      assert.deepEqual(await provenOf(home, elsewhere), []);
      const changed: KeyOfFile = (of) => (of.file === 'a.ts' ? 'another' : key(of));
      assert.deepEqual(await provenOf(home, two, changed), ['b.ts one']);
    }));

  it('is nothing where the key is not known, or changed meanwhile', () =>
    inHome(async (home) => {
      await keep(home, {}, () => undefined);
      assert.deepEqual(await provenOf(home), []);
      await keep(home);
      assert.deepEqual(await provenOf(home, two, () => undefined), []);
    }));

  it('is a whole file or nothing: a new case has all of it run', () =>
    inHome(async (home) => {
      await keep(home);
      assert.deepEqual(await provenOf(home, [...two, entry('a.ts', 'three')]), ['b.ts one']);
    }));

  it('is nothing of a file in which a case was skipped by itself, was known or can not run', () =>
    inHome(async (home) => {
      const results = two.map((each, at) => resultOf(each, at === 0 ? { verdict: 'skip' } : {}));
      await keep(home, { results });
      assert.deepEqual(await provenOf(home), ['b.ts one']);
      await keep(home);
      const known = { reason: 'not yet' } as NonNullable<PlanEntry['known']>;
      const mistake = { code: 'x' } as NonNullable<PlanEntry['mistake']>;
      for (const more of [{ known }, { mistake }])
        assert.deepEqual(await provenOf(home, [entry('a.ts', 'one', more), second, other]), [
          'b.ts one',
        ]);
    }));

  it('is not asked of a case that can not run here', () =>
    inHome(async (home) => {
      const entries = [entry('a.ts', 'one', { unmet: 'needs v2.6.30' }), second, other];
      await keep(home, { entries });
      assert.deepEqual(await provenOf(home, entries), ['a.ts two', 'b.ts one']);
      assert.deepEqual(await provenOf(home), ['b.ts one'], 'it can run now');
    }));

  it('stands as long as it is rested on, under the first name', () =>
    inHome(async (home) => {
      await keep(home);
      const results = two.map((each) => resultOf(each, { provenIn: 'first' }));
      await keep(home, { run: 'second', results });
      const [first] = await applyProofs(two, key, home);
      assert.equal(first?.proven?.run, 'first');
    }));

  it('is forgotten when a case turns red, whatever run that was', () =>
    inHome(async (home) => {
      for (const verdict of ['fail', 'error'] as const) {
        await keep(home);
        const results = [resultOf(one, { verdict, guest: 'v6.1-1' }), resultOf(other)];
        await keep(home, { results, entries: [one, other] }, () => undefined);
        assert.deepEqual(await provenOf(home), ['b.ts one']);
      }
    }));

  it('stands when the case did not even begin: the run was stopped, or no guest came up', () =>
    inHome(async (home) => {
      await keep(home);
      await keep(home, { results: two.map((each) => resultOf(each, { verdict: 'error' })) });
      assert.deepEqual(await provenOf(home), all);
    }));

  it('is nothing where the file that holds it is broken', () =>
    inHome(async (home) => {
      await keep(home);
      const path = join(home.facts, 'proofs.json');
      await writeFile(path, (await readFile(path, 'utf8')).slice(0, -9));
      assert.deepEqual(await provenOf(home), []);
      await keep(home);
      assert.deepEqual(await provenOf(home), all);
    }));
});
