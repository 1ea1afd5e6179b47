import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderSpent } from '../../../harness/bench/render.ts';
import { summarise } from '../../../harness/bench/sample.ts';

const row = {
  key: 'all',
  name: 'all cases',
  unit: 's' as const,
  goal: 300,
  measure: () => Promise.resolve([]),
};
const sample = summarise([280]);

describe('the table of a bench', () => {
  it('tells where the time of a row that is a run went', () => {
    const spent = {
      processors: [{ what: "the guests' QEMUs", milliseconds: 353_000, share: 0.63 }],
      guests: [{ what: 'running cases', milliseconds: 425_000, share: 0.761 }],
    };
    assert.deepEqual(renderSpent({ row, sample, spent }), [
      '',
      '| where the time of the last `all` went | time | share |',
      '| --- | ---: | ---: |',
      "| the guests' QEMUs | 353 s | 63 % |",
      "| of the guests' time: running cases | 425 s | 76 % |",
    ]);
  });

  it('has nothing more to tell of another row', () => {
    assert.deepEqual(renderSpent({ row, sample }), []);
  });
});
