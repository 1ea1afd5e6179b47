import assert from 'node:assert/strict';
import { it } from 'node:test';
import { percent, summarize } from '../../../harness/coverage/coverage.ts';
import { createRecorder } from '../../../harness/coverage/recorder.ts';
import { renderCoverage, renderJson, renderLcov, spans } from '../../../harness/coverage/render.ts';
import { labError } from '../../../harness/core/errors.ts';
import type { Patch } from '../../../kernel/base.ts';
import type { Hits } from '../../../qemu/contracts.ts';

const plugin = { plugin: '/plugin.so', ranges: '/ranges' };

/** A guest that tells these hits, one after another. */
function guest(name: string, ...hits: readonly (readonly (readonly [number, number])[])[]) {
  const left = hits.map((each): Hits => new Map(each));
  return {
    name,
    base: 'toy',
    coverage: { take: () => Promise.resolve(left.shift() ?? new Map<number, number>()) },
  };
}

function openRecorder(warnings: string[] = []) {
  const bases = new Map([['toy', { plugin, size: 16 }]]);
  return createRecorder(bases, (text) => warnings.push(text));
}

it('gives each case what ran in its guests while it ran, and nobody what ran between', async () => {
  const recorder = openRecorder();
  const own = guest('toy-1', [[1, 5]], [[2, 1]], [[3, 1]], [[2, 2]]);
  const other = guest('toy-2', [[9, 9]], [[4, 1]]);
  await recorder.enter(own, 'a');
  await recorder.enter(other, 'a');
  await recorder.leave(other);
  await recorder.leave(own);
  await recorder.enter(own, 'b');
  await recorder.leave(own);
  await recorder.leave(own);
  const { counts, cases } = recorder.recorded('toy');
  assert.deepEqual([...counts.slice(0, 10)], [0, 0, 3, 0, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual([...cases.keys()], ['a', 'b']);
  assert.deepEqual([...(cases.get('a') ?? [])], [0b0001_0100, 0]);
  assert.deepEqual([...(cases.get('b') ?? [])], [0b0000_0100, 0]);
});

it('says which guest could not tell', async () => {
  const warnings: string[] = [];
  const recorder = openRecorder(warnings);
  const error = labError({
    ...{ code: 'coverage-silent', fault: 'infrastructure', doing: 'asking' },
    ...{ what: 'no answer', next: 'Look.' },
  });
  const mute = { name: 'toy-1', base: 'toy', coverage: { take: () => Promise.reject(error) } };
  await recorder.enter(mute, 'a');
  assert.deepEqual(warnings, ['coverage is incomplete: toy-1: no answer']);
});

const patch: Patch = {
  number: 7,
  group: 'cr',
  file: 'cr/0007.patch',
  path: '/cr/0007.patch',
  subject: 'toy: it',
  files: ['a.c'],
  added: 5,
  removed: 0,
  hash: '',
};

async function summarizeToy() {
  const recorder = openRecorder();
  const one = guest(
    'toy-1',
    [],
    [
      [0, 4],
      [2, 1],
    ],
  );
  await recorder.enter(one, 'a');
  await recorder.leave(one);
  const two = guest('toy-2', [], [[3, 6]]);
  await recorder.enter(two, 'b');
  await recorder.leave(two);
  const texts = [
    'int f(void)',
    '{',
    'reached();',
    'missed();',
    '#ifdef CONFIG_X',
    'out();',
    '#endif',
  ];
  const own = { wanted: true, patch };
  return summarize({
    base: 'toy',
    patches: [patch],
    files: [
      { path: 'a.c', lines: texts.map((text) => ({ text, ...own })) },
      { path: 'b/b.c', lines: [{ text: 'unbuilt();', wanted: true }] },
    ],
    map: {
      ranges: [],
      size: 16,
      lines: new Map([
        [
          'a.c',
          new Map([
            [1, [0]],
            [3, [2, 3]],
            [4, [5]],
          ]),
        ],
      ]),
      functions: [{ name: 'f', file: 'a.c', line: 1, position: 0 }],
    },
    recorded: recorder.recorded('toy'),
    settings: new Map(),
    compiled: new Set(['a.c']),
    read: (path) => Promise.resolve(path === 'b/Makefile' ? 'obj-$(CONFIG_B) += b.o' : undefined),
  });
}

it('tells lines that ran, lines that did not, lines that are not compiled and lines without code', async () => {
  const { files, patches, totals, cases } = await summarizeToy();
  const [a, b] = files;
  assert.deepEqual(
    a?.lines.map(({ hits, cases: by, leftOut }) => [hits, by, leftOut]),
    [
      [4, [0], undefined],
      [undefined, undefined, undefined],
      [6, [0, 1], undefined],
      [0, [], undefined],
      [undefined, undefined, undefined],
      [undefined, undefined, [{ symbol: 'CONFIG_X', set: true }]],
      [undefined, undefined, undefined],
    ],
  );
  assert.deepEqual(b?.lines[0]?.leftOut, [{ symbol: 'CONFIG_B', set: true }]);
  assert.deepEqual(cases, ['a', 'b']);
  assert.deepEqual(totals, { withCode: 3, reached: 2, explained: 0, leftOut: 2 });
  assert.deepEqual(patches, [
    { number: 7, subject: 'toy: it', withCode: 3, reached: 2, explained: 0, leftOut: 1 },
  ]);
});

it('writes it for lcov, as JSON and in words', async () => {
  const coverage = await summarizeToy();
  assert.equal(
    renderLcov([coverage]),
    [
      ...['TN:toy', 'SF:a.c', 'FN:1,f', 'FNDA:4,f', 'FNF:1', 'FNH:1'],
      ...['DA:1,4', 'DA:3,6', 'DA:4,0', 'LF:3', 'LH:2', 'end_of_record', ''],
    ].join('\n'),
  );
  const json = JSON.parse(renderJson([coverage])) as {
    bases: { files: { lines: unknown[] }[] }[];
  };
  assert.deepEqual(json.bases[0]?.files[0]?.lines, [
    { line: 1, patch: 7, hits: 4, cases: '0' },
    { line: 3, patch: 7, hits: 6, cases: '0-1' },
    { line: 4, patch: 7, hits: 0, cases: '' },
    { line: 6, patch: 7, leftOut: ['CONFIG_X'] },
  ]);
  const words = renderCoverage(coverage).join('\n');
  assert.match(words, /2 of 3 lines with code were run, 66\.6 % \(2 not compiled\)/);
  assert.match(words, /66\.6 % +2\/3 +0007 toy: it \(1 not compiled\)/);
  assert.match(words, /not run: a\.c:4$/m);
  assert.match(words, /not run: a\.c:6, not compiled: needs CONFIG_X/);
  assert.match(words, /not run: b\/b\.c:1, not compiled: needs CONFIG_B/);
});

it('says 100 % of all only', () => {
  assert.equal(percent({ withCode: 10_000, reached: 9_999 }), '99.9 %');
  assert.equal(percent({ withCode: 10_000, reached: 10_000 }), '100.0 %');
  assert.equal(percent({ withCode: 0, reached: 0 }), '-');
});

it('shortens numbers that follow one another', () => {
  assert.equal(spans([1, 2, 3, 7, 9, 10]), '1-3,7,9-10');
  assert.equal(spans([]), '');
});
