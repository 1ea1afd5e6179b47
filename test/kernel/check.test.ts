import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { labError } from '../../harness/core/errors.ts';
import { allGreen, checkSeries, prefixesFrom } from '../../kernel/check.ts';
import type { CheckOptions, PrefixResult } from '../../kernel/check.ts';
import { readSeries } from '../../kernel/series/series.ts';
import { toyBase, usualSeries, withToy, writeSeries, writeToy } from './toy.ts';
import type { Edit, Toy } from './toy.ts';

const withChecks = (
  series: Readonly<Record<string, readonly Edit[]>>,
  work: (toy: Toy, options: CheckOptions) => Promise<void>,
) =>
  withToy(async (toy) => {
    writeSeries(toy, series);
    const source = writeToy(join(toy.folder, 'linux'));
    const { patches: patchesFolder, config: configFolder } = toy;
    await work(toy, { base: toyBase, source, patchesFolder, configFolder, build: true });
  });

const outline = (results: readonly PrefixResult[]): string[] =>
  results.map(({ number, green, did }) => `${number} ${green ? 'green' : 'red'} ${did.join('+')}`);

const patch = (name: string, file: string, text: string): Edit => ({
  subject: `c/r: ${name}`,
  files: { [file]: text },
});

it('applies every prefix', () =>
  withChecks(usualSeries, async (toy, options) => {
    const told: PrefixResult[] = [];
    const results = await checkSeries({ ...options, build: false }, toy.context, (result) =>
      told.push(result),
    );
    assert.deepEqual(outline(results), [
      '0 green applied',
      '1 green applied',
      '2 green applied',
      '3 green applied',
    ]);
    assert.deepEqual(told, results);
    assert.ok(allGreen(prefixesFrom(await readSeries(toyBase, undefined, toy.patches)), results));
  }));

it('stops at the patch that does not apply: what follows was not tried', () =>
  withChecks(usualSeries, async (toy, options) => {
    const path = join(toy.patches, toyBase.name, 'cr/0002-c-r-look-at-fork.patch');
    const text = readFileSync(path, 'utf8').replace('int fork_28;', 'int other;');
    writeFileSync(path, text.replace(/^index .*$/m, ''));
    const results = await checkSeries({ ...options, build: false }, toy.context);
    assert.deepEqual(outline(results), ['0 green applied', '1 green applied', '2 red ']);
    assert.equal(results.at(-1)?.error?.code, 'patch-does-not-apply');
    assert.ok(!allGreen(prefixesFrom(await readSeries(toyBase, undefined, toy.patches)), results));
  }));

it('builds every prefix, blames a new warning on its patch, and goes on', () =>
  withChecks(
    {
      cr: [
        patch('fine', 'kernel/a.c', 'int a(void) { return 0; }\n'),
        patch('warns', 'kernel/b.c', 'int b(void)\n{\n\tint unused;\n\treturn 0;\n}\n'),
        patch('moves it', 'kernel/b.c', '\nint b(void)\n{\n\tint unused;\n\treturn 1;\n}\n'),
      ],
    },
    async (toy, options) => {
      const results = await checkSeries(options, toy.context);
      assert.deepEqual(outline(results), [
        '0 green applied+built',
        '1 green applied+built',
        '2 red applied+built',
        '3 green applied+built',
      ]);
      assert.deepEqual(results[2]?.warnings, [
        { file: 'kernel/b.c', line: 3, text: "unused variable 'unused' [-Wunused-variable]" },
      ]);
    },
  ));

it('starts where it is told, and knows the warnings of the prefix before', () =>
  withChecks(
    {
      cr: [
        patch('warns', 'kernel/b.c', 'int b(void)\n{\n\tint unused;\n\treturn 0;\n}\n'),
        patch('moves it', 'kernel/b.c', '\nint b(void)\n{\n\tint unused;\n\treturn 1;\n}\n'),
        patch('warns too', 'kernel/c.c', 'int c(void)\n{\n\tint unused;\n\treturn 0;\n}\n'),
      ],
    },
    async (toy, options) => {
      const results = await checkSeries({ ...options, from: 2 }, toy.context);
      assert.deepEqual(outline(results), ['2 green applied+built', '3 red applied+built']);
      const series = await readSeries(toyBase, undefined, toy.patches);
      assert.equal(prefixesFrom(series, 2).length, 2);
      assert.throws(() => prefixesFrom(series, 4), { code: 'no-such-prefix' });
    },
  ));

it('goes on after a prefix that does not compile', () =>
  withChecks(
    {
      cr: [
        patch('broken', 'kernel/a.c', 'int a(void) { return missing; }\n'),
        patch('right again', 'kernel/a.c', 'int a(void) { return 0; }\n'),
      ],
    },
    async (toy, options) => {
      const results = await checkSeries(options, toy.context);
      assert.deepEqual(outline(results), [
        '0 green applied+built',
        '1 red applied',
        '2 green applied+built',
      ]);
      assert.equal(results[1]?.error?.code, 'build-failed');
    },
  ));

it('boots every image that changed, and is red where one does not come up', () =>
  withChecks(usualSeries, async (toy, options) => {
    let booted = 0;
    const boot = (): Promise<void> => {
      booted += 1;
      if (booted < 3) return Promise.resolve();
      throw labError({
        code: 'boot-panic',
        fault: 'boot',
        doing: 'booting',
        what: 'no',
        next: '',
      });
    };
    const results = await checkSeries({ ...options, boot }, toy.context);
    assert.deepEqual(outline(results), [
      '0 green applied+built+booted',
      '1 green applied+built+booted',
      // The documentation changes no image: what did not boot is tried again, what did is not.
      '2 red applied+built',
      '3 red applied+built',
    ]);
  }));

it('does not boot an image again that did not change', () =>
  withChecks(usualSeries, async (toy, options) => {
    let booted = 0;
    const boot = (): Promise<void> => Promise.resolve(void (booted += 1));
    const results = await checkSeries({ ...options, boot }, toy.context);
    assert.equal(results.at(-1)?.did.join('+'), 'applied+built+same image');
    assert.equal(booted, 3);
    assert.equal(
      readdirSync(toy.context.home.images).filter((name) => !name.includes('.')).length,
      4,
    );
  }));
