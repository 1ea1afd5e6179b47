import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

const repository = resolve(import.meta.dirname, '..');

/** What stands in for npm: `npm test`, `npm run lint`, `npm run lab -- --base NAME`. */
interface Pretence {
  readonly tests?: string;
  readonly lint?: string;
  /** Shell commands per base; they may write results. */
  readonly lab?: string;
  /** Which bases' sources can be had. */
  readonly sources?: readonly string[];
}

const results = (totals: object, missing: readonly object[] = [], cases: object[] = []) =>
  `mkdir -p results/a && ln -sfn a results/latest && echo '${JSON.stringify({ totals, missing, cases })}' > results/a/results.json`;
const allGreen = results({ planned: 3, pass: 2, fail: 0, skip: 1, error: 0 });

describe('.ci/run', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'lab-ci-'));
    await mkdir(join(root, 'bin'));
    await mkdir(join(root, 'harness'));
    await cp(join(repository, '.ci'), join(root, '.ci'), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function runCi(pretence: Pretence) {
    const { tests = 'echo 5 passed, 0 failed, 0 skipped', lint = 'true' } = pretence;
    const { lab = allGreen, sources = ['v6.1', 'v2.6.30'] } = pretence;
    const npm = join(root, 'bin/npm');
    await writeFile(
      npm,
      `#!/bin/sh\ncase "$*" in\ntest*) ${tests};;\n*lint) ${lint};;\n*) ${lab};;\nesac\n`,
    );
    await chmod(npm, 0o755);
    const bases = ['v6.1', 'v2.6.30'].map((name) => ({
      // What is missing to build it is what the run installs.
      ...{ name, able: false, source: sources.includes(name), why: 'no server has it' },
    }));
    await writeFile(
      join(root, 'harness/bootstrap.mjs'),
      `console.log(${JSON.stringify(JSON.stringify({ bases }))});`,
    );
    const PATH = `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`;
    const { status, stdout } = spawnSync(join(root, '.ci/run'), {
      // What is missing here is not to be installed by a test.
      env: { ...process.env, PATH, LAB_NO_INSTALL: '1' },
      encoding: 'utf8',
    });
    return { status, stdout, last: stdout.trimEnd().split('\n').at(-1) };
  }

  it('adds up what its steps say', async () => {
    const { status, last } = await runCi({});
    assert.equal(last, '15 passed, 0 failed, 2 skipped');
    assert.equal(status, 0);
  });

  it('says loudly that a base was skipped, and why', async () => {
    const { status, stdout, last } = await runCi({ sources: ['v6.1'] });
    assert.match(stdout, /SKIPPED: the lab on v2\.6\.30: no server has it/);
    assert.equal(last, '8 passed, 0 failed, 2 skipped');
    assert.equal(status, 0);
  });

  it('says it of either', async () => {
    const { status, stdout, last } = await runCi({ sources: ['v2.6.30'] });
    assert.match(stdout, /SKIPPED: the lab on v6\.1: no server has it/);
    assert.equal(last, '8 passed, 0 failed, 2 skipped');
    assert.equal(status, 0);
  });

  const red: readonly (readonly [string, Pretence, RegExp])[] = [
    ['a test that failed', { tests: 'echo 5 passed, 1 failed, 0 skipped; exit 1' }, /, 2 failed/],
    ['tests that end without a count', { tests: 'exit 0' }, /ended without a count/],
    ['no test at all', { tests: 'echo 0 passed, 0 failed, 3 skipped' }, /tests passed 0/],
    [
      'a good count with a bad status',
      { tests: 'echo 5 passed, 0 failed, 0 skipped; exit 3' },
      /, 2 failed/,
    ],
    ['code that is not clean', { lint: 'exit 1' }, /, 1 failed/],
    ['a lab that leaves no results', { lab: 'exit 0' }, /count-v6\.1 ended without a count/],
    [
      'a lab in which nothing passed',
      { lab: results({ pass: 0, fail: 0, skip: 4, error: 0 }) },
      /passed 0/,
    ],
    ['no base that can be had', { sources: [] }, /no lab has run on any base: FAILED/],
    ['a case in error', { lab: results({ pass: 4, fail: 0, skip: 0, error: 1 }) }, /, 2 failed/],
    [
      'a case nobody heard of',
      { lab: results({ pass: 4, fail: 0, skip: 0, error: 0 }, [{ id: 'a' }]) },
      /, 2 failed/,
    ],
    ['a green lab with a bad status', { lab: `${allGreen}; exit 3` }, /left with status 3/],
  ];
  for (const [name, pretence, words] of red) {
    it(`is red for ${name}`, async () => {
      const { status, stdout } = await runCi(pretence);
      assert.equal(status, 1);
      assert.match(stdout, words);
    });
  }

  it('names what is red once more at the end', async () => {
    const cases = [
      { id: 'cases/a.ts > a > works', verdict: 'pass' },
      { id: 'cases/a.ts > a > is denied', verdict: 'fail', reason: 'EPERM expected, 0 returned' },
      {
        id: 'cases/a.ts > a > keeps',
        verdict: 'fail',
        reason: 'nothing is kept:',
        assertion: { actual: '[ "filp: 1 more" ]', expected: '[]' },
      },
      { id: 'cases/a.ts > a > is odd', verdict: 'fail', reason: 'it is', known: 'as ever' },
    ];
    const totals = { pass: 1, fail: 2, skip: 0, error: 0 };
    const { status, stdout } = await runCi({
      lab: results(totals, [{ id: 'cases/b.ts > b > c' }], cases),
      tests: 'echo "FAILED   a test"; echo 5 passed, 1 failed, 0 skipped; exit 1',
      sources: ['v6.1'],
    });
    assert.equal(status, 1);
    const behind = stdout.slice(stdout.lastIndexOf('==== tests'));
    assert.deepEqual(behind.split('\n').slice(1, 5), [
      'FAILED   a test',
      'FAILED   v6.1: cases/a.ts > a > is denied: fail: EPERM expected, 0 returned',
      'FAILED   v6.1: cases/a.ts > a > keeps: fail: nothing is kept: [ "filp: 1 more" ], expected []',
      'FAILED   v6.1: cases/b.ts > b > c: not heard of',
    ]);
  });

  it('takes no earlier run for this one', async () => {
    await mkdir(join(root, 'results/old'), { recursive: true });
    spawnSync('sh', ['-c', allGreen], { cwd: root });
    const { status } = await runCi({ lab: 'exit 0' });
    assert.equal(status, 1);
  });
});
