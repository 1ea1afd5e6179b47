import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkLedger,
  compareLedger,
  countFates,
  type StateLedger,
  type StateRow,
} from '../../../harness/core/state.ts';

const bases = ['old', 'new'];
const isCase = (name: string): boolean => name === 'file: case';

const good: StateRow = { fields: ['comm'], fate: 'saved', why: 'TASK', cases: ['file: case'] };

function ledgerOf(...rows: readonly StateRow[]): StateLedger {
  return [{ name: 'task', about: 'a thread', rows }];
}

describe('a ledger', () => {
  it('with a reason, and a case or a reason for none, in each row has nothing wrong', () => {
    const rows: StateRow[] = [
      good,
      { fields: ['lock'], fate: 'derived', why: 'its own', cases: [] },
      { fields: ['trap'], fate: 'refused', why: 'is traced', cases: [], uncased: 'no way to it' },
      { fields: ['flags', 'flags[EARLY]'], fate: 'lost', why: 'it is', cases: [] },
      { fields: ['seq'], fate: 'indifferent', why: 'a guess', cases: [], bases: ['old'] },
      { fields: ['seq'], fate: 'derived', why: 'its own', cases: [], bases: ['new'] },
    ];
    assert.deepEqual(checkLedger(ledgerOf(...rows), bases, isCase), []);
    const counts = { saved: 1, derived: 2, refused: 1, indifferent: 0, lost: 2, open: 0 };
    assert.deepEqual(countFates(ledgerOf(...rows), 'new'), counts);
  });

  const wrong: readonly (readonly [string, readonly StateRow[], string, string])[] = [
    ['a row without a reason', [{ ...good, why: ' ' }], 'task.comm', 'a row gives no reason'],
    ['a row without a field', [{ ...good, fields: [] }], 'task', 'a row is about no field'],
    [
      'nothing that shows what is saved',
      [{ ...good, cases: [] }],
      'task.comm',
      'it is saved, and neither a case shows it nor a reason says why there is none',
    ],
    [
      'nothing that shows what is refused',
      [{ ...good, fate: 'refused', cases: [], uncased: '' }],
      'task.comm',
      'it is refused, and neither a case shows it nor a reason says why there is none',
    ],
    [
      'a case and a reason for none',
      [{ ...good, uncased: 'no way to it' }],
      'task.comm',
      'a row has a case and a reason for none',
    ],
    [
      'a case that is not there',
      [{ ...good, cases: ['file: other'] }],
      'task.comm',
      'there is no case "file: other"',
    ],
    [
      'a base that there is not',
      [{ ...good, bases: ['older'] }],
      'task.comm',
      'there is no base older',
    ],
    [
      'a field that has two rows',
      [good, { ...good, bases: ['new'] }],
      'task.comm',
      'has two rows on new',
    ],
  ];
  for (const [what, rows, where, said] of wrong)
    it(`with ${what} is red`, () => {
      assert.deepEqual(checkLedger(ledgerOf(...rows), bases, isCase), [{ where, what: said }]);
    });

  it('with a struct twice is red', () => {
    const twice = [...ledgerOf(good), ...ledgerOf(good)];
    assert.deepEqual(checkLedger(twice, bases, isCase), [
      { where: 'task', what: 'is in the ledger twice' },
    ]);
  });
});

describe('a ledger and a kernel', () => {
  const ledger = ledgerOf(
    good,
    { ...good, fields: ['flags[EARLY]'] },
    { ...good, fields: ['seq'], bases: ['old'] },
  );
  const compare = (base: string, ...fields: readonly string[]) =>
    compareLedger(ledger, base, new Map([['task', fields]])).map(
      ({ where, what }) => `${where}: ${what}`,
    );

  it('agree where each has what the other has, on that base', () => {
    assert.deepEqual(compare('old', 'seq', 'comm', 'flags'), []);
    assert.deepEqual(compare('new', 'comm', 'flags'), []);
  });

  it('disagree about a field that only one of them has', () => {
    assert.deepEqual(compare('new', 'comm', 'flags', 'rseq'), [
      'task.rseq: new has it, the ledger does not',
    ]);
    assert.deepEqual(compare('old', 'comm', 'flags'), [
      'task.seq: the ledger has it, old does not',
    ]);
  });

  it('disagree where the kernel has no such struct, unless no row is about it', () => {
    assert.deepEqual(compareLedger(ledger, 'new', new Map()), [
      { where: 'task', what: 'new has no such struct, or says nothing of its fields' },
    ]);
    const others = ledgerOf({ ...good, bases: ['old'] });
    assert.deepEqual(compareLedger(others, 'new', new Map()), []);
  });
});
