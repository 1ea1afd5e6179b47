import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MutantOutcome, MutantResult, MutationReport } from '../../../harness/core/mutants.ts';
import { casesReaching, indexLines, mayRun, type Reach } from '../../../harness/mutate/choose.ts';
import { diffOf } from '../../../harness/mutate/diff.ts';
import { findMutants } from '../../../harness/mutate/find-mutants.ts';
import { percentOf, renderMutants, scoreOf } from '../../../harness/mutate/render.ts';

const outcomes: readonly MutantOutcome[] = [
  { kind: 'caught', by: 'cases/a.ts > s > one', reason: '0 is not 1' },
  { kind: 'caught', by: 'cases/a.ts > s > two', reason: 'an oops' },
  { kind: 'survived', cases: 12 },
  { kind: 'unreached' },
  { kind: 'undecided', reason: 'too slow' },
  { kind: 'equivalent', reason: 'it is 0 anyway' },
];

const mutants = outcomes.map((outcome, index): MutantResult => ({
  ...{ id: `0000000${index}`, file: 'fs/x.c', line: index + 1, function: 'f', outcome },
  ...{
    operator: index % 2 === 0 ? 'condition-true' : 'errno-swapped',
    patch: 1,
    diff: ['-a', '+b'],
  },
}));

const report: MutationReport = {
  ...{ base: 'v2.6.30', all: 100, sample: { size: 6, seed: 3 }, mutants },
  notTried: { 'a macro': ['fs/x.c:90', 'fs/x.c:91'], assembly: ['fs/x.c:92'] },
  patches: [{ number: 1, subject: 'fs: x' }],
};

describe('the score', () => {
  it('counts all but what is no other program', () =>
    assert.deepEqual(scoreOf(mutants), { counted: 5, caught: 2 }));

  it('is 100 only if all were caught', () => {
    assert.equal(percentOf({ counted: 5, caught: 2 }), '40.0 %');
    assert.equal(percentOf({ counted: 3000, caught: 2999 }), '99.9 %');
    assert.equal(percentOf({ counted: 0, caught: 0 }), '–');
  });
});

describe('what a screen says of mutants', () => {
  const lines = renderMutants(report);

  it('begins with the score, and says what was drawn', () =>
    assert.equal(
      lines[1],
      'mutants of v2.6.30: 2 of 5 caught, 40.0 % (6 of 100, a sample of seed 3): 2 caught, 1 survived, 1 run by no case, 1 undecided, 1 equivalent',
    ));

  it('has a row for each operator and patch', () => {
    assert.ok(lines.includes('   33.3 %        1/3  condition-true'));
    assert.ok(lines.includes('   50.0 %        1/2  errno-swapped'));
    assert.ok(lines.includes('   40.0 %        2/5  0001 fs: x'));
  });

  it('says what was not tried, and why', () =>
    assert.ok(lines.includes('  3 places not tried: a macro (2), assembly (1)')));

  it('shows each that no case caught, and no other', () => {
    const named = lines.filter((line) => /^ {2}0000000/.test(line));
    assert.deepEqual(named, [
      '  00000002 fs/x.c:3, f(): condition-true: survived 12 cases',
      '  00000003 fs/x.c:4, f(): errno-swapped: no case runs its line, of those that were asked about',
      '  00000004 fs/x.c:5, f(): condition-true: undecided: too slow',
    ]);
    assert.equal(lines.filter((line) => line === '      +b').length, 3);
  });
});

describe('the diff of a mutant', () => {
  const text = 'int f(int a)\n{\n\tif (a < 1 &&\n\t    b) {\n\t\tkfree(p);\n\t}\n}\n';

  it('has the lines that it changes', async () => {
    const found = (await findMutants('fs/x.c', text, () => true)).mutants;
    const shown = (operator: string) =>
      found.filter((each) => each.operator === operator).map((each) => diffOf(text, each));
    assert.deepEqual(shown('release-dropped'), [['-\t\tkfree(p);']]);
    assert.deepEqual(shown('comparison-shifted'), [['-\tif (a < 1 &&', '+\tif (a <= 1 &&']]);
    assert.deepEqual(shown('condition-false'), [['-\tif (a < 1 &&', '-\t    b) {', '+\tif (0) {']]);
  });
});

describe('the cases that run a mutant', () => {
  const ran: Readonly<Record<number, readonly string[]>> = { 2: ['a', 'b'], 3: ['b'], 7: ['c'] };
  const reach = (withCode: readonly number[]): Reach => ({
    hasCode: (_file, line) => withCode.includes(line),
    casesOf: (_file, line) => ran[line] ?? [],
  });
  const at = (first: number, last: number) => ({
    ...{ file: 'fs/x.c', lines: [first, last] as const, within: [1, 9] as const },
  });

  it('are those that run one of its lines', () =>
    assert.deepEqual([...casesReaching(at(2, 3), reach([2, 3, 7]))], ['a', 'b']));

  it('are none where its line has code that none runs', () =>
    assert.deepEqual([...casesReaching(at(4, 4), reach([2, 3, 4, 7]))], []));

  it("are its function's where the line has no code of its own", () =>
    assert.deepEqual([...casesReaching(at(5, 5), reach([2, 3, 7]))], ['a', 'b', 'c']));

  it('are found by the lines that each has run', () => {
    const casesOf = indexLines({
      'cases/a.ts': { cases: { a: { 'fs/x.c': '1-3,9', 'fs/y.c': '3' }, b: { 'fs/x.c': '3' } } },
      'cases/c.ts': { cases: { c: { 'fs/x.c': '2' } } },
    });
    assert.deepEqual(
      [1, 2, 3, 4, 9].map((line) => casesOf('fs/x.c', line)),
      [['a'], ['a', 'c'], ['a', 'b'], [], ['a']],
    );
  });

  it('are, of another kernel, those that may run its function', () => {
    const touched = { ran: ['f'], asked: ['f', 'g'] };
    assert.deepEqual(
      ['f', 'g', 'h'].map((name) => mayRun(touched, name)),
      [true, false, true],
    );
    assert.equal(mayRun(undefined, 'f'), false);
  });
});
