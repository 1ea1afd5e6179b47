import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { mergeResults } from '../../../harness/results/merge.ts';
import { resultsSchema, type Results } from '../../../harness/results/results.ts';
import { caseResult, collect, failed, green, recordRun, red } from '../report/recorded.ts';

const merged = { run: 'merged', command: 'npm run lab -- merge a b' };
const merge = (...parts: readonly Results[]) => mergeResults(parts, merged);

/** A green shard with one case of its own. */
function shard(index: number, of: number, more: Partial<Results> = {}): Results {
  const run = recordRun([caseResult({ id: `case ${index}`, test: `${index}` })], 0);
  return { ...collect(run), run: `run-${index}`, shard: { index, of }, ...more };
}

const refused = (error: unknown) => isLabError(error) && error.code === 'runs-unfit';

describe('merging runs', () => {
  it('is green with every shard there, finished and green', () => {
    const whole = merge(shard(2, 3), shard(1, 3), shard(3, 3));
    assert.equal(whole.exitCode, 0);
    assert.deepEqual(whole.totals, {
      planned: 3,
      pass: 3,
      fail: 0,
      known: 0,
      skip: 0,
      error: 0,
      'not-run': 0,
    });
    assert.deepEqual(whole.warnings, []);
    resultsSchema.parse(JSON.parse(JSON.stringify(whole)));
  });

  it('says which shard is missing, and is not green then', () => {
    const whole = merge(shard(1, 4), shard(3, 4));
    assert.equal(whole.exitCode, 3);
    assert.equal(whole.finished, false);
    assert.deepEqual(whole.warnings, [
      'missing: shard 2 of 4 for v2.6.30',
      'missing: shard 4 of 4 for v2.6.30',
    ]);
  });

  it('looks for missing shards base by base', () => {
    const other = { bases: ['v6.1'] };
    const whole = merge(shard(1, 2), shard(2, 2), shard(1, 2, other));
    assert.deepEqual(whole.warnings, ['missing: shard 2 of 2 for v6.1']);
  });

  it('says which base is missing, and is not green then', () => {
    const whole = mergeResults([shard(1, 2), shard(2, 2)], {
      ...merged,
      expect: ['v2.6.30', 'v6.1'],
    });
    assert.deepEqual([whole.exitCode, whole.finished], [3, false]);
    assert.deepEqual(whole.warnings, ['missing: any run on v6.1']);
  });

  it('tells the parts’ images apart', () => {
    const artefact = { name: 'image', path: '/run/a', lines: [], file: 'image-v2.6.30-1-2' };
    const run = collect(recordRun([{ ...failed, artefact, otherArtefacts: [artefact] }], 1));
    const { cases } = merge(
      { ...run, shard: { index: 1, of: 2 } },
      { ...run, shard: { index: 2, of: 2 } },
    );
    assert.deepEqual(
      cases.flatMap((each) => [each.artefact?.file, each.otherArtefacts?.[0]?.file]),
      ['1', '1', '2', '2'].map((part) => `${part}-${artefact.file}`),
    );
  });

  it('keeps a red case red, whatever else went wrong', () => {
    const whole = merge({ ...collect(red), shard: { index: 1, of: 3 } }, shard(2, 3));
    assert.equal(whole.exitCode, 1);
    assert.equal(whole.totals.fail, 1);
  });

  it('says which part broke off', () => {
    const cut = collect(green.slice(0, -1));
    const whole = merge(shard(1, 2), { ...cut, run: 'cut', shard: { index: 2, of: 2 } });
    assert.equal(whole.exitCode, 3);
    assert.deepEqual(whole.warnings, ['cut broke off before its end']);
  });

  it('says that the kernels differ', () => {
    const report = (imageKey: string): Results['baseReports'] => [
      {
        base: 'v2.6.30',
        version: '2.6.30',
        sourceId: '0cea',
        origin: 'git',
        series: [],
        imageKey,
        rootfsKey: 'r',
        kernelWarnings: 0,
      },
    ];
    const same = merge(
      shard(1, 2, { baseReports: report('a') }),
      shard(2, 2, { baseReports: report('a') }),
    );
    assert.deepEqual([same.warnings, same.baseReports.length], [[], 1]);
    const other = merge(
      shard(1, 2, { baseReports: report('a') }),
      shard(2, 2, { baseReports: report('b') }),
    );
    assert.match(other.warnings.join(), /not all parts ran the same v2\.6\.30 kernel/);
    assert.equal(other.baseReports.length, 2);
  });

  it('tells the parts’ guests and their logs apart', () => {
    const { guests, cases } = merge(shard(1, 2), shard(2, 2));
    assert.deepEqual(
      guests.map(({ name, consoleLog }) => [name, consoleLog]),
      [
        ['shard 1 of 2/v2.6.30-1', '1-v2.6.30-1-console.log'],
        ['shard 2 of 2/v2.6.30-1', '2-v2.6.30-1-console.log'],
      ],
    );
    assert.equal(cases[1]?.guest, 'shard 2 of 2/v2.6.30-1');
  });

  it('says for a fact that differs whose it is', () => {
    const { environment } = merge(
      shard(1, 2),
      shard(2, 2, { environment: { host: 'b', node: '20.12.0' } }),
    );
    assert.deepEqual(environment, {
      host: 'shard 1 of 2: bench; shard 2 of 2: b',
      node: '20.12.0',
    });
  });

  it('refuses what cannot belong together', () => {
    assert.throws(() => merge(), refused);
    assert.throws(() => merge(shard(1, 2), shard(1, 2)), refused);
    assert.throws(() => merge(shard(1, 2), shard(2, 3)), refused);
  });

  it('joins runs that are no shards, of two bases', () => {
    const old = collect(recordRun([failed], 1));
    const whole = merge(collect(green), { ...old, bases: ['v6.1'] });
    assert.deepEqual(whole.bases, ['v2.6.30', 'v6.1']);
    assert.equal(whole.totals.planned, 2);
  });
});
