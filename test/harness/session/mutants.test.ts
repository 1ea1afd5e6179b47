import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CaseResult, ErrorReport, Verdict } from '../../../harness/core/events.ts';
import { isLabError } from '../../../harness/core/errors.ts';
import { findMutants } from '../../../harness/mutate/find-mutants.ts';
import type { PlanEntry } from '../../../harness/plan/plan.ts';
import { findBlamed } from '../../../harness/session/mutant-image.ts';
import { tryMutant, type RunTrial, type Trial } from '../../../harness/session/mutant-trial.ts';
import { readEquivalents } from '../../../harness/session/mutants-file.ts';

function entry(id: string): PlanEntry {
  const planned = { id, base: 'v2.6.30', file: 'cases/x.ts', suite: 'x', test: id };
  return { planned, file: { name: 'cases/x.ts', path: '/x.ts' }, rerun: '', look: [] };
}

function result(id: string, verdict: Verdict, code?: string): CaseResult {
  const report: ErrorReport = {
    ...{
      code: code ?? '',
      fault: 'infrastructure',
      doing: 'running',
      what: 'it did not',
      next: '',
    },
  };
  return {
    ...{ ...entry(id).planned, verdict, milliseconds: 1, findings: [], console: [], shim: [] },
    ...{ rerun: '', reason: `why ${id} is ${verdict}` },
    ...(code === undefined ? {} : { error: report }),
  };
}

type Answer = Verdict | `error ${string}`;

/**
 * Returns what answers as the cases do that are told, by id: with the mutant on, each time it is
 * asked the next; without, red if it is in `off`. It stops at the first red one.
 */
function scripted(
  on: Readonly<Record<string, readonly Answer[]>>,
  off: readonly string[] = [],
): { trial: Trial; asked: string[] } {
  const asked: string[] = [];
  const times = new Map<string, number>();
  const answerOf = (id: string): Answer => {
    const time = times.get(id) ?? 0;
    times.set(id, time + 1);
    return on[id]?.[time] ?? 'pass';
  };
  const run: RunTrial = (entries) => {
    let red = false;
    const results = entries.map(({ planned: { id } }) => {
      if (red) return result(id, 'not-run');
      asked.push(id);
      const [verdict = 'pass', code] = answerOf(id).split(' ');
      red = verdict === 'fail' || verdict === 'error';
      return result(id, verdict as Verdict, code);
    });
    return Promise.resolve(results);
  };
  const passesWithout: Trial['passesWithout'] = ({ planned: { id } }) => {
    asked.push(`${id} off`);
    return Promise.resolve(!off.includes(id));
  };
  return { asked, trial: { run, passesWithout } };
}

const cases = ['a', 'b', 'c'].map(entry);

describe('a mutant under cases', () => {
  it('has survived where all of them pass', async () => {
    const { trial, asked } = scripted({});
    assert.deepEqual(await tryMutant(7, cases, trial), { kind: 'survived', cases: 3 });
    assert.deepEqual(asked, ['a', 'b', 'c']);
  });

  it('is caught by the first that fails, and the rest is not run', async () => {
    const { trial, asked } = scripted({ b: ['fail'] });
    assert.deepEqual(await tryMutant(7, cases, trial), {
      ...{ kind: 'caught', by: 'b', reason: 'why b is fail' },
    });
    assert.deepEqual(asked, ['a', 'b', 'b off']);
  });

  it('is not caught by a case that fails without it as well', async () => {
    const { trial, asked } = scripted({ b: ['fail'] }, ['b']);
    assert.deepEqual(await tryMutant(7, cases, trial), {
      ...{ kind: 'undecided', reason: 'b is red without it as well: why b is fail' },
    });
    assert.deepEqual(asked, ['a', 'b', 'b off', 'c']);
  });

  it('is caught by a time-out that comes again, and does not come without it', async () => {
    const late = 'error case-overdue' as const;
    const { trial, asked } = scripted({ b: [late, late] });
    assert.deepEqual(await tryMutant(7, cases, trial), {
      ...{ kind: 'caught', by: 'b', reason: 'why b is error' },
    });
    assert.deepEqual(asked, ['a', 'b', 'b', 'b off']);
  });

  it('is not caught by a time-out that the machine has as well without it', async () => {
    const late = 'error case-overdue' as const;
    const { trial, asked } = scripted({ b: [late, late] }, ['b']);
    assert.deepEqual(await tryMutant(7, cases, trial), {
      ...{ kind: 'undecided', reason: 'b is red without it as well: why b is error' },
    });
    assert.deepEqual(asked, ['a', 'b', 'b', 'b off', 'c']);
  });

  it('is not caught by an error that does not come again, but by what comes after', async () => {
    const { trial } = scripted({ b: ['error ssh-overdue'], c: ['fail'] });
    const outcome = await tryMutant(7, cases, trial);
    assert.deepEqual(outcome, { kind: 'caught', by: 'c', reason: 'why c is fail' });
  });

  it('is not caught by two errors of another kind', async () => {
    const { trial } = scripted({ b: ['error ssh-overdue', 'error qmp-timeout'] });
    assert.equal((await tryMutant(7, cases, trial)).kind, 'undecided');
  });

  it("is not caught by the lab's own error, however often that comes", async () => {
    const own = 'error guest-memory' as const;
    const { trial, asked } = scripted({ a: [own, own, own] });
    assert.equal((await tryMutant(7, cases, trial)).kind, 'undecided');
    assert.deepEqual(asked, ['a', 'b', 'c']);
  });

  it('has survived nothing where no case could be run', async () => {
    const { trial } = scripted({ a: ['skip'], b: ['skip'], c: ['skip'] });
    assert.equal((await tryMutant(7, cases, trial)).kind, 'undecided');
    assert.equal((await tryMutant(7, [], trial)).kind, 'undecided');
  });

  it('is left where the run was cut short', async () => {
    const run: RunTrial = (entries) =>
      Promise.resolve(entries.map(({ planned }) => result(planned.id, 'not-run')));
    const passesWithout = () => Promise.resolve(true);
    await assert.rejects(
      tryMutant(7, cases, { run, passesWithout }),
      (error) => isLabError(error) && error.code === 'mutant-cut-short',
    );
  });
});

describe('mutants that do not compile', () => {
  it('are those on whose lines the compiler has found errors', async () => {
    const text = 'int f(int a)\n{\n\tg(1);\n\treturn a;\n}\n';
    const { mutants } = await findMutants('fs/x.c', text, () => true);
    const errors = [
      'fs/x.c:3:4: error: what is this',
      'fs/y.c:4:1: error: no',
      'make: *** [x] Error',
    ];
    const blamed = findBlamed(mutants, errors);
    assert.deepEqual(
      [...blamed.keys()].sort(),
      mutants
        .filter(({ lines }) => lines[0] === 3)
        .map(({ id }) => id)
        .sort(),
    );
    assert.ok(blamed.size > 0);
  });
});

describe('the list of equivalent mutants', () => {
  const project = { bases: [{ name: 'v2.6.30' }] } as unknown as Parameters<
    typeof readEquivalents
  >[0];

  async function read(text: string | undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'equivalents-'));
    const list = join(folder, 'cases');
    await mkdir(list);
    if (text !== undefined) await writeFile(join(list, 'mutants.json'), text);
    return readEquivalents({ ...project, cases: list }).finally(() =>
      rm(folder, { recursive: true, force: true }),
    );
  }
  const good = {
    id: '0123abcd',
    bases: ['v2.6.30'],
    what: 'fs/x.c, f()',
    reason: 'it is 0 anyway',
  };

  it('is empty where there is none', async () => assert.deepEqual(await read(undefined), []));

  it('holds mutants with their reasons', async () =>
    assert.deepEqual(await read(JSON.stringify([good])), [good]));

  for (const [what, text] of [
    ['what is no JSON', '['],
    ['an entry without a reason', JSON.stringify([{ ...good, reason: ' ' }])],
    ['a base that the project does not have', JSON.stringify([{ ...good, bases: ['v9'] }])],
    ['a word that nobody knows', JSON.stringify([{ ...good, reasons: 'x' }])],
  ] as const)
    it(`refuses ${what}`, async () => {
      await assert.rejects(
        read(text),
        (error) => isLabError(error) && error.code === 'equivalents-unreadable',
      );
    });
});
