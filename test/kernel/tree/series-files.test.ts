import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { applySeries } from '../../../kernel/tree/apply.ts';
import { writeSeriesFiles } from '../../../kernel/tree/series-files.ts';
import { readSeries } from '../../../kernel/series/series.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
import { toyBase, usualSeries, withToy, writeSeries, writeToy } from '../toy.ts';

it('writes the files of a series as its last patch leaves them, wherever the tree is', () =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const linux = writeToy(join(toy.folder, 'linux'));
    const source = await acquireSource(toyBase, { from: linux }, toy.context);
    await applySeries(source, await readSeries(toyBase, 0, toy.patches), toy.context);
    const folder = join(toy.folder, 'out');
    const whole = await readSeries(toyBase, undefined, toy.patches);
    await writeSeriesFiles(source, whole, folder, toy.context);
    assert.match(readFileSync(join(folder, 'kernel/fork.c'), 'utf8'), /ckpt_30/);
    assert.equal(readFileSync(join(folder, 'kernel/sys.c'), 'utf8'), 'int sys_checkpoint;\n');
    assert.ok(!existsSync(join(folder, 'kernel/exit.c')), 'the base has that');
  }));
