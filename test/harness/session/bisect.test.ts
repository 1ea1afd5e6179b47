import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agree, bisect, nextStep, type PrefixVerdict } from '../../../harness/session/bisect.ts';

const letters: Readonly<Record<string, PrefixVerdict>> = {
  g: 'good',
  b: 'bad',
  s: 'skip',
  u: 'unsure',
};

/** Bisects a series whose prefixes, from 0 on, are as the letters say. */
async function search(pattern: string, first = 0) {
  const asked: number[] = [];
  const end = await bisect({ first, last: pattern.length - 1 }, (number) => {
    asked.push(number);
    return Promise.resolve(letters[pattern[number] ?? ''] ?? 'skip');
  });
  return { end, asked };
}

describe('bisect', () => {
  const table: readonly (readonly [string, object])[] = [
    ['gb', { kind: 'found', number: 1 }],
    ['gggggb', { kind: 'found', number: 5 }],
    ['gbbbbb', { kind: 'found', number: 1 }],
    ['ggggbbb', { kind: 'found', number: 4 }],
    ['gggsbb', { kind: 'several', numbers: [3, 4] }],
    ['ggsgbb', { kind: 'found', number: 4 }],
    ['ggusub', { kind: 'several', numbers: [2, 3, 4, 5] }],
    ['gssssb', { kind: 'several', numbers: [1, 2, 3, 4, 5] }],
    ['ggubbb', { kind: 'several', numbers: [2, 3] }],
    ['ssggbb', { kind: 'found', number: 4 }],
    ['ssbbbb', { kind: 'several', numbers: [0, 1, 2] }],
    ['sssssb', { kind: 'several', numbers: [0, 1, 2, 3, 4, 5] }],
    ['bbbbbb', { kind: 'always-red', number: 0 }],
    ['b', { kind: 'always-red', number: 0 }],
    ['bbbggg', { kind: 'not-red', verdict: 'good' }],
    ['gggggs', { kind: 'not-red', verdict: 'skip' }],
    ['gggggu', { kind: 'not-red', verdict: 'unsure' }],
  ];
  for (const [pattern, end] of table)
    it(`ends right on ${pattern}`, async () => {
      assert.deepEqual((await search(pattern)).end, end);
    });

  it('finds each possible patch of a long series, with few questions and none twice', async () => {
    for (let bad = 1; bad <= 64; bad += 1) {
      const { end, asked } = await search('g'.repeat(bad) + 'b'.repeat(65 - bad));
      assert.deepEqual(end, { kind: 'found', number: bad });
      assert.ok(asked.length <= 2 + 6, `${asked.length} questions for ${bad}`);
      assert.equal(new Set(asked).size, asked.length);
    }
  });

  it('does not look below the first prefix that the case can run on', async () => {
    const { end, asked } = await search('bbbbggb', 4);
    assert.deepEqual(end, { kind: 'found', number: 6 });
    assert.ok(asked.every((number) => number >= 4));
  });

  it('names a patch only between a good and a bad prefix that were both judged', async () => {
    for (let code = 0; code < 3 ** 6; code += 1) {
      const pattern = Array.from(
        { length: 6 },
        (_, n) => 'gbs'[Math.floor(code / 3 ** n) % 3],
      ).join('');
      const { end, asked } = await search(pattern);
      if (end.kind !== 'found') continue;
      assert.equal(pattern[end.number], 'b');
      assert.equal(pattern[end.number - 1], 'g');
      assert.ok(asked.includes(end.number) && asked.includes(end.number - 1), pattern);
    }
  });
});

describe('nextStep', () => {
  it('says how much is left, as git does', () => {
    assert.deepEqual(nextStep(0, 10, new Set()), { kind: 'test', number: 5, left: 4, steps: 2 });
    assert.deepEqual(nextStep(0, 2, new Set()), { kind: 'test', number: 1, left: 0, steps: 0 });
    assert.deepEqual(nextStep(0, 10, new Set([5])), {
      kind: 'test',
      number: 4,
      left: 5,
      steps: 3,
    });
  });
});

describe('agree', () => {
  const table: readonly (readonly [string, PrefixVerdict])[] = [
    ['gg', 'good'],
    ['bb', 'bad'],
    ['b', 'bad'],
    ['gb', 'unsure'],
    ['bbbg', 'unsure'],
    ['ss', 'skip'],
    ['sb', 'unsure'],
    ['', 'skip'],
  ];
  for (const [pattern, verdict] of table)
    it(`makes ${verdict} of ${pattern || 'nothing'}`, () => {
      assert.equal(agree(Array.from(pattern, (letter) => letters[letter] ?? 'skip')), verdict);
    });
});
