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

/** Leaves a run of which `lab count` says these lines. */
const results = (...lines: readonly string[]) =>
  `mkdir -p results/a && ln -sfn a results/latest && printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > results/a/count`;
const allGreen = results('2 passed, 0 failed, 1 skipped');

/** What stands in for the lab's command line. */
const bootstrap = (sources: readonly string[]) => `
import { readFileSync } from 'node:fs';
const [, command, option, base] = process.argv.slice(2);
if (command === 'count') process.stdout.write(readFileSync('results/latest/count'));
if (option === '--source-of' && !${JSON.stringify(sources)}.includes(base)) {
  console.log('no server has it');
  process.exitCode = 3;
}
`;

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
    await writeFile(join(root, 'harness/bootstrap.mjs'), bootstrap(sources));
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
    assert.equal(last, '19 passed, 0 failed, 4 skipped');
    assert.equal(status, 0);
  });

  it('says loudly that a base was skipped, and why', async () => {
    const { status, stdout, last } = await runCi({ sources: ['v6.1'] });
    assert.match(stdout, /SKIPPED: the lab on v2\.6\.30: no server has it/);
    assert.equal(last, '10 passed, 0 failed, 4 skipped');
    assert.equal(status, 0);
  });

  it('says it of either', async () => {
    const { status, stdout, last } = await runCi({ sources: ['v2.6.30'] });
    assert.match(stdout, /SKIPPED: the lab on v6\.1: no server has it/);
    assert.match(stdout, /SKIPPED: the lab on example: no server has it/);
    assert.equal(last, '10 passed, 0 failed, 4 skipped');
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
    ['code that is not clean', { lint: 'exit 1' }, /\nFAILED {3}lint\n[^]*, 1 failed/],
    ['a lab that leaves no results', { lab: 'exit 0' }, /count-v6\.1 ended without a count/],
    [
      'a lab in which nothing passed',
      { lab: results('0 passed, 0 failed, 4 skipped') },
      /passed 0/,
    ],
    ['no base that can be had', { sources: [] }, /FAILED {3}no lab has run on any base/],
    ['a red case', { lab: `${results('4 passed, 1 failed, 0 skipped')}; exit 1` }, /, 4 failed/],
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
    const { status, stdout } = await runCi({
      lab: `${results('FAILED   v6.1: cases/a.ts > a > b: fail: no', '1 passed, 1 failed, 0 skipped')}; exit 1`,
      lint: 'exit 1',
      tests: 'echo "FAILED   a test"; echo 5 passed, 1 failed, 0 skipped; exit 1',
      sources: ['v6.1'],
    });
    assert.equal(status, 1);
    const after = stdout.slice(stdout.lastIndexOf('==== tests'));
    assert.deepEqual(after.split('\n').slice(1, 5), [
      'FAILED   lint',
      'FAILED   v6.1: cases/a.ts > a > b: fail: no',
      'FAILED   v6.1: cases/a.ts > a > b: fail: no',
      'FAILED   a test',
    ]);
  });

  it('takes no earlier run for this one', async () => {
    await mkdir(join(root, 'results/old'), { recursive: true });
    spawnSync('sh', ['-c', allGreen], { cwd: root });
    const { status } = await runCi({ lab: 'exit 0' });
    assert.equal(status, 1);
  });
});
