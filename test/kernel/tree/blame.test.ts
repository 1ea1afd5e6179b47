import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { applySeries } from '../../../kernel/tree/apply.ts';
import { createBlame } from '../../../kernel/tree/blame.ts';
import { nameOfPatch, readSeries } from '../../../kernel/series/series.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
import { toyBase, usualSeries, withToy, writeSeries, writeToy } from '../toy.ts';

const lines = [
  { file: 'kernel/fork.c', line: 5 },
  { file: 'kernel/fork.c', line: 6 },
  { file: 'kernel/sys.c', line: 1 },
  { file: 'include/generated.h', line: 1 },
  { file: 'kernel/sys.c', line: 99 },
];
const expected = ['0002 c/r: look at fork', undefined, '0001 c/r: system calls', undefined];

it('names the patch that wrote a line, and nobody for what is not of the series', () =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const linux = writeToy(join(toy.folder, 'linux'));
    const source = await acquireSource(toyBase, { from: linux }, toy.context);
    const whole = await readSeries(toyBase, undefined, toy.patches);
    const ask = async (series: typeof whole, asked = lines) =>
      (await createBlame(source, series, toy.context)(asked)).map(
        (patch) => patch && nameOfPatch(patch),
      );
    // Nothing has been applied in this home: its commits are made for the question.
    assert.deepEqual(await ask(whole), [...expected, undefined]);
    // The work tree is of no matter.
    const prefix = await readSeries(toyBase, 1, toy.patches);
    await applySeries(source, prefix, toy.context);
    assert.deepEqual(await ask(whole, lines.slice(0, 4)), expected);
    assert.deepEqual(await ask(prefix, lines.slice(0, 3)), [undefined, undefined, expected[2]]);
  }));
