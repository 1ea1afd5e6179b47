import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addCounts, readSaid, readShown } from '../../../harness/fuzz/said.ts';

describe('what a program says', () => {
  it('is counts and findings', () => {
    const said = readSaid(['count EINVAL 12', 'finding 7 gained: task 3 has Uid: 0', 'else 5']);
    assert.deepEqual(said, {
      counts: { EINVAL: 12 },
      findings: ['7 gained: task 3 has Uid: 0'],
    });
  });

  it('is of one mutant its mutations, and how to try it again', () => {
    const lines = ['mutation 0 VMA#1: says length 9', 'mutation 3 nothing', 'words --as user'];
    const { mutations, words } = readShown(lines);
    assert.deepEqual(
      [...mutations],
      [
        [0, 'VMA#1: says length 9'],
        [3, 'nothing'],
      ],
    );
    assert.deepEqual(words, ['--as', 'user']);
  });

  it('adds up', () => {
    assert.deepEqual(addCounts({ a: 1, b: 2 }, { b: 3, c: 4 }), { a: 1, b: 5, c: 4 });
  });
});
