import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { dir } from 'tmp-promise';
import type { CaseResult, LabEventBody, Verdict } from '../../../harness/core/events.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import {
  canTouch,
  keepPassed,
  markAffected,
  onlyAffected,
} from '../../../harness/plan/affected.ts';
import type { PlanEntry } from '../../../harness/plan/plan.ts';
import { queueUnits } from '../../../harness/plan/units.ts';
import { v6_1 } from '../../../kernel/bases/v6.1.ts';
import { caseResult } from '../report/recorded.ts';

const change = (...names: readonly string[]) => ({ functions: new Set(names) });

describe('canTouch', () => {
  const touched = { asked: ['save', 'restore', 'other'], ran: ['save'] };
  it('is so for a function that the file has run', () => {
    assert.equal(canTouch(change('other', 'save'), touched), true);
    assert.equal(canTouch(change('restore'), touched), false);
    assert.equal(canTouch(change(), touched), false);
  });
  it('is so for what nobody asked about, and for what nobody knows', () => {
    assert.equal(canTouch(change('do_fork'), touched), true);
    assert.equal(canTouch('anything', touched), true);
    assert.equal(canTouch(change('restore'), undefined), true);
    assert.equal(canTouch(change(), undefined), false);
  });
});

const entry = (file: string): PlanEntry => ({
  planned: { id: `${file} > s > t`, base: 'v6.1', file, suite: 's', test: 't' },
  file: { name: file, path: file },
  rerun: '',
  look: [],
});
const result = (file: string, verdict: Verdict = 'pass'): CaseResult =>
  caseResult({ id: `${file} > s > t`, base: 'v6.1', file, verdict });

async function makeHome(context: TestContext) {
  const { path, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  context.after(() => cleanup());
  const home = findLabHome({ LAB_HOME: path });
  await mkdir(home.facts, { recursive: true });
  const image = async (key: string, functions: Readonly<Record<string, string>>) => {
    await mkdir(join(home.images, key), { recursive: true });
    await writeFile(join(home.images, key, 'code.json'), JSON.stringify({ functions, rest: 'r' }));
  };
  await image('old', { save: '1', restore: '1' });
  await image('new', { save: '1', restore: '2' });
  const touched = (...ran: readonly string[]) => ({ asked: ['save', 'restore'], ran });
  await writeFile(
    join(home.facts, 'touched-v6.1.json'),
    JSON.stringify({ a: touched('save'), b: touched('save', 'restore') }),
  );
  return home;
}

const on = (key: string) => [{ base: v6_1, key }];

describe('what a change can touch', () => {
  it('is told by the image that a file has passed on, and the functions it has run', async (t) => {
    const home = await makeHome(t);
    await keepPassed([result('a'), result('b'), result('c', 'fail')], on('old'), home);
    const marked = await markAffected([entry('a'), entry('b'), entry('c')], on('new'), home);
    assert.deepEqual(
      marked.map(({ affected }) => affected),
      [false, true, undefined],
    );
    const same = await markAffected([entry('a'), entry('b')], on('old'), home);
    assert.deepEqual(
      same.map(({ affected }) => affected),
      [false, false],
    );
  });

  it('is not known any more of a file that has failed since', async (t) => {
    const home = await makeHome(t);
    await keepPassed([result('a')], on('old'), home);
    await keepPassed([result('a', 'fail')], on('new'), home);
    const [marked] = await markAffected([entry('a')], on('new'), home);
    assert.equal(marked?.affected, undefined);
  });

  it('runs first, and alone where that is asked for', () => {
    const untouched = { ...entry('a'), affected: false };
    const touched = { ...entry('b'), affected: true };
    const first = queueUnits([untouched, touched], 'file', 1).take(undefined);
    assert.equal(first?.entries[0]?.planned.file, 'b');
    const events: LabEventBody[] = [];
    const emit = (event: LabEventBody) => void events.push(event);
    assert.deepEqual(onlyAffected([untouched, touched], { emit }), [touched]);
    assert.match(JSON.stringify(events), /1 case left out \(--affected\)/);
    assert.throws(() => onlyAffected([untouched], { emit }), /no-cases|there are none/);
  });
});
