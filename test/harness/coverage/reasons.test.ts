import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Coverage, Unreached } from '../../../harness/core/coverage.ts';
import { isLabError } from '../../../harness/core/errors.ts';
import { countFiles } from '../../../harness/coverage/coverage.ts';
import { countUnexplained, explain } from '../../../harness/coverage/reasons.ts';
import { renderCoverage, renderJson } from '../../../harness/coverage/render.ts';
import { findFunctions } from '../../../harness/coverage/source-text.ts';
import { readUnreached } from '../../../harness/session/unreached-file.ts';

/** A line's text and how often it ran; without a number it has no code. */
const toy: readonly (readonly [string, number?])[] = [
  ['/* f(x) does this */'],
  ['static int f(int a,'],
  ['             int b)', 3],
  ['{'],
  ['\tif (a < 0)', 3],
  ['\t\treturn -EINVAL;', 0],
  [''],
  ['\tif (b < 0)', 3],
  ['\t\treturn -EINVAL;', 2],
  ['\tp = kmalloc(4, GFP_KERNEL);', 1],
  ['\tif (!p)', 1],
  ['\t\treturn -ENOMEM;', 0],
  ['}'],
  [''],
  ['asmlinkage SYSCALL_DEFINE1(g, int, a)'],
  ['{'],
  ['\tone();', 0],
  ['\ttwo();', 0],
  ['}'],
];

const patch = { number: 1, subject: 'toy: it' };

function coverToy(): Coverage {
  const lines = toy.map(([text, hits], index) => ({
    ...{ line: index + 1, text, patch: 1 },
    ...(hits === undefined ? {} : { hits, cases: [] }),
  }));
  const files = [{ path: 'a.c', lines, functions: [] }];
  return { base: 'toy', cases: [], stale: [], ...countFiles(files, [patch]) };
}

const row: Unreached = {
  file: 'a.c',
  function: 'f',
  kind: 'allocation',
  reason: 'nothing makes it fail',
};

/** Which lines have a reason, and what is said of the rows. */
function outcome(rows: readonly Unreached[], isWhole = true) {
  const { files, stale } = explain(coverToy(), rows, isWhole);
  const lines = files.flatMap((file) => file.lines);
  return {
    lines: lines.filter(({ reason }) => reason !== undefined).map(({ line }) => line),
    stale: stale.map(({ why }) => why),
  };
}

it('tells which function a line is in, its head included', () => {
  const names = findFunctions(toy.map(([text]) => text));
  assert.deepEqual(
    names.map((name) => name ?? '-').join(' '),
    '- f f f f f f f f f f f f - g g g g g',
  );
});

describe('a reason', () => {
  for (const [what, rows, lines, stale] of [
    ['is for the lines that it names', [{ lines: ['return -ENOMEM;'] }], [12], []],
    [
      'tells lines apart by those before',
      [{ after: ['if (a < 0)'], lines: ['return  -EINVAL;'] }],
      [6],
      [],
    ],
    ['may be for a function', [{ function: 'g' }], [17, 18], []],
    ['may be for another base', [{ bases: ['else'], lines: ['nothing'] }], [], []],
    [
      'is for no line of another function',
      [{ function: 'g', lines: ['return -ENOMEM;'] }],
      [],
      ['the function has no such lines'],
    ],
    [
      'is wrong for a function that is gone',
      [{ function: 'h' }],
      [],
      ['there is no such function'],
    ],
    ['is wrong for a file that is gone', [{ file: 'b.c' }], [], ['there is no such file']],
    [
      'is wrong for a line without code',
      [{ lines: ['{'] }],
      [],
      ['the kernel has no code of these lines'],
    ],
    [
      'is wrong once a case runs one of its lines',
      [{ lines: ['if (!p)', 'return -ENOMEM;'] }],
      [12],
      ['a case runs line 11 by now: if (!p)'],
    ],
    [
      'is wrong for one of several places that a case runs',
      [{ lines: ['return -EINVAL;'] }],
      [6],
      ['a case runs line 9 by now: return -EINVAL;'],
    ],
    [
      'of a race holds for lines that are run now and then',
      [{ kind: 'race', lines: ['if (!p)', 'return -ENOMEM;'] }],
      [12],
      [],
    ],
  ] as const)
    it(what, () => {
      const full = rows.map((each): Unreached => ({ ...row, ...each }));
      assert.deepEqual(outcome(full), { lines, stale });
      assert.deepEqual(outcome(full, false), { lines, stale: [] });
    });

  it('counts, and is shown', () => {
    const rows = [
      { ...row, lines: ['return -ENOMEM;'] },
      { ...row, function: 'h', lines: ['x();'] },
    ];
    const explained = explain(coverToy(), rows, true);
    const totals = { withCode: 10, reached: 6, explained: 1, leftOut: 0 };
    assert.deepEqual(explained.totals, totals);
    assert.deepEqual(explained.patches, [{ ...patch, ...totals }]);
    assert.equal(countUnexplained(explained.totals), 3);
    const words = renderCoverage(explained).join('\n');
    assert.match(words, /60\.0 %; not run for a reason: 1, without one: 3$/m);
    assert.match(words, /^ {2}not run: a\.c:6,17-18$/m);
    assert.match(words, /^ {2}not run: a\.c:12, for a reason: allocation$/m);
    assert.match(words, /^ {2}wrong by now: a\.c, h\(\), "x\(\);": there is no such function$/m);
    const json = JSON.parse(renderJson([explained])) as {
      bases: { stale: unknown[]; files: { lines: { line: number }[] }[] }[];
    };
    const [base] = json.bases;
    const why = 'there is no such function';
    assert.deepEqual(base?.stale, [{ file: 'a.c', function: 'h', lines: ['x();'], why }]);
    const { kind, reason } = row;
    assert.deepEqual(
      base.files[0]?.lines.find(({ line }) => line === 12),
      { line: 12, patch: 1, hits: 0, cases: '', kind, reason },
    );
  });
});

describe('the list of lines that no case runs', () => {
  async function read(text: string | undefined) {
    const root = await mkdtemp(join(tmpdir(), 'unreached-'));
    const unreached = join(root, 'unreached.json');
    if (text !== undefined) await writeFile(unreached, text);
    const bases = [{ name: 'toy' }] as unknown as Parameters<typeof readUnreached>[0]['bases'];
    return readUnreached({ root, bases, unreached }).finally(() =>
      rm(root, { recursive: true, force: true }),
    );
  }

  it('holds rows', async () => assert.deepEqual(await read(JSON.stringify([row])), [row]));

  for (const [what, text] of [
    ['what is no JSON', '['],
    ['a kind that there is not', JSON.stringify([{ ...row, kind: 'lazy' }])],
    ['a row without a reason', JSON.stringify([{ ...row, reason: ' ' }])],
    ['a base that the project does not have', JSON.stringify([{ ...row, bases: ['v9'] }])],
    ['a word that nobody knows', JSON.stringify([{ ...row, line: 5 }])],
  ] as const)
    it(`refuses ${what}`, () =>
      assert.rejects(
        read(text),
        (error) => isLabError(error) && error.code === 'unreached-unreadable',
      ));
});
