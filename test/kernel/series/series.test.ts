import assert from 'node:assert/strict';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { isCounted, nameOfPrefix, prefixesOf, readSeries } from '../../../kernel/series/series.ts';
import { toyBase, usualSeries, withToy, writeSeries } from '../toy.ts';
import type { Toy } from '../toy.ts';

const withSeries = (work: (toy: Toy) => Promise<void>) =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    await work(toy);
  });

const failsWith = (code: string, words: RegExp) => (error: unknown) =>
  isLabError(error) &&
  error.code === code &&
  words.test([error.what, ...(error.details ?? [])].join('\n'));

it('lists the patches in order, numbered', () =>
  withSeries(async ({ patches }) => {
    const { patches: found } = await readSeries(toyBase, undefined, patches);
    assert.deepEqual(
      found.map(({ group, number, subject }) => [group, number, subject]),
      [
        ['toolchain', 1, 'toolchain: let it build'],
        ['cr', 1, 'c/r: system calls'],
        ['cr', 2, 'c/r: look at fork'],
        ['cr', 3, 'c/r: documentation'],
      ],
    );
    const [, calls, fork] = found;
    assert.deepEqual(calls?.files, ['Kconfig', 'kernel/sys.c']);
    assert.deepEqual([fork?.added, fork?.removed], [2, 2]);
  }));

it('counts fixes that come first with the others, as --upto does', () =>
  withToy(async (toy) => {
    const { toolchain = [], cr = [] } = usualSeries;
    const [calls, ...others] = cr;
    assert.ok(calls !== undefined);
    writeSeries(toy, { toolchain, fixes: [calls], cr: others });
    const { patches } = await readSeries(toyBase, undefined, toy.patches);
    const counted = patches.filter(isCounted);
    assert.deepEqual(
      counted.map(({ group, number }) => `${group} ${number}`),
      ['fixes 1', 'cr 2', 'cr 3'],
    );
    for (const { number, subject } of counted) {
      const upto = await readSeries(toyBase, number, toy.patches);
      assert.equal(upto.patches.at(-1)?.subject, subject);
    }
  }));

const prefixes: Record<string, number> = {
  0: 1,
  2: 3,
  3: 4,
  'look at': 3,
  'C/R: DOCU': 4,
  'let it': 1,
};

for (const [upto, length] of Object.entries(prefixes))
  it(`ends at --upto ${upto}`, () =>
    withSeries(async ({ patches }) => {
      const series = await readSeries(toyBase, upto, patches);
      assert.equal(series.patches.length, length);
    }));

it('refuses a number after the end, and says where the end is', () =>
  withSeries(async ({ patches }) => {
    const failed = failsWith('series-upto-unknown', /0 to 3/);
    await assert.rejects(readSeries(toyBase, 4, patches), failed);
  }));

it('refuses words of several subjects, and lists those', () =>
  withSeries(async ({ patches }) => {
    const wanted = /more than one[^]*0001 c\/r: system calls[^]*0003 c\/r: documentation/;
    await assert.rejects(
      readSeries(toyBase, 'c/r:', patches),
      failsWith('series-upto-unknown', wanted),
    );
  }));

it('refuses words of no subject, and lists all', () =>
  withSeries(async ({ patches }) => {
    const wanted = /no subject[^]*toolchain: toolchain: let it build[^]*0002/;
    await assert.rejects(
      readSeries(toyBase, 'sockets', patches),
      failsWith('series-upto-unknown', wanted),
    );
  }));

it('refuses a patch that is there but not listed', () =>
  withSeries(async ({ patches }) => {
    writeFileSync(join(patches, toyBase.name, 'cr/0009-forgotten.patch'), 'x');
    await assert.rejects(
      readSeries(toyBase, undefined, patches),
      failsWith('series-mismatch', /does not list every patch\ncr\/0009-forgotten.patch/),
    );
  }));

it('refuses a patch that is listed but not there', () =>
  withSeries(async ({ patches }) => {
    rmSync(join(patches, toyBase.name, 'cr/0002-c-r-look-at-fork.patch'));
    await assert.rejects(
      readSeries(toyBase, undefined, patches),
      failsWith('series-mismatch', /not there\ncr\/0002-c-r-look-at-fork.patch/),
    );
  }));

it('refuses a patch listed twice, and a missing list', () =>
  withSeries(async ({ patches }) => {
    const list = join(patches, toyBase.name, 'series');
    appendFileSync(list, 'cr/0002-c-r-look-at-fork.patch # again\n');
    await assert.rejects(
      readSeries(toyBase, undefined, patches),
      failsWith('series-mismatch', /twice/),
    );
    rmSync(list);
    await assert.rejects(
      readSeries(toyBase, undefined, patches),
      failsWith('series-mismatch', /missing/),
    );
  }));

it('has a prefix for every patch of c/r, and one for none', () =>
  withSeries(async ({ patches }) => {
    const found = prefixesOf(await readSeries(toyBase, undefined, patches));
    assert.deepEqual(
      found.map((prefix) => prefix.patches.length),
      [1, 2, 3, 4],
    );
    assert.deepEqual(found.map(nameOfPrefix).slice(0, 2), [
      '0000 (nothing of the series)',
      '0001 c/r: system calls',
    ]);
  }));
