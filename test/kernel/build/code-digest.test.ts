import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { dir } from 'tmp-promise';
import { digestCode, sourceName } from '../../../kernel/build/code-digest.ts';
import { compareCode, type CodeChange } from '../../../kernel/code-digest.ts';

const before = `
struct ops { int (*call)(int); int limit; };
static int near(int n) { return n * 3; }
static int far(int n) { return n * 5; }
struct ops table = { near, 7 };
const int alone[2] = { 1, 2 };
int printk(const char *text, int n);
int reads(int n) { return table.call(n) + table.limit; }
int says(int n) { return printk("one", n); }
int adds(int n) { return n + 1; }
int calls(int n) { return adds(n) + far(n); }
`;

async function digest(context: TestContext, text: string) {
  const { path, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  context.after(() => cleanup());
  const object = join(path, 'a.o');
  const args = [
    '-x',
    'c',
    '-O1',
    '-fno-inline',
    '-fno-pie',
    '-mcmodel=kernel',
    '-c',
    '-o',
    object,
    '-',
  ];
  const { status, stderr } = spawnSync('gcc', args, { input: text, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return digestCode(await readFile(object));
}

function told(change: CodeChange): readonly string[] | 'anything' {
  return change === 'anything' ? change : [...change.functions].sort();
}

describe('comparing the code of two builds', () => {
  const rows: readonly (readonly [string, string, string, readonly string[] | 'anything'])[] = [
    ['nothing', 'n + 1', 'n + 1', []],
    ['a comment', 'int adds', '/* so */ int adds', []],
    ['a constant in one function', 'n + 1', 'n + 2', ['adds']],
    ['a string that one names', '"one"', '"two"', ['says']],
    ['an initialiser that one names', 'near, 7', 'near, 8', ['reads']],
    ['what a table points to, and what is gone', '{ near, 7 }', '{ far, 7 }', ['near', 'reads']],
    ['the function that one calls', 'adds(n) + far', 'near(n) + far', ['calls']],
    ['data that no function names', '{ 1, 2 }', '{ 1, 3 }', 'anything'],
    [
      'a function that is new, and its caller',
      'int adds(int n) { return n + 1; }',
      'int other(int n) { return n * 77; }\nint adds(int n) { return other(n); }',
      ['adds'],
    ],
  ];
  for (const [what, from, to, changed] of rows)
    it(`sees ${what}`, async (t) => {
      assert.ok(before.includes(from));
      const now = await digest(t, before.replace(from, to));
      assert.deepEqual(told(compareCode(await digest(t, before), now)), changed);
    });

  it('takes a function for the same wherever it lies', async (t) => {
    const pushed = before.replace(
      'int reads',
      'int first(int n) { return printk("first", n) * 9; }\nint reads',
    );
    assert.deepEqual(told(compareCode(await digest(t, before), await digest(t, pushed))), []);
  });

  it('takes what nobody knows for anything', async (t) => {
    const known = await digest(t, before);
    assert.equal(compareCode(undefined, known), 'anything');
    assert.equal(compareCode(known, undefined), 'anything');
  });

  it('refuses what is no ELF file', () => {
    assert.throws(() => digestCode(Buffer.from('no')));
  });
});

describe('sourceName', () => {
  for (const [name, source] of [
    ['do_fork', 'do_fork'],
    ['restore.cold', 'restore'],
    ['restore.part.0', 'restore'],
    ['restore.constprop.1.isra.0', 'restore'],
    ['__func__.12', '__func__'],
  ] as const)
    it(`is ${source} for ${name}`, () => assert.equal(sourceName(name), source));
});
