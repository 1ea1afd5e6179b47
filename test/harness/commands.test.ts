import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { resultsSchema, type Results } from '../../harness/results/results.ts';
import { baseReady, collect, failed, green, recordRun, red } from './report/recorded.ts';

const bootstrap = resolve(import.meta.dirname, '../../harness/bootstrap.mjs');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-commands-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function lab(...args: readonly string[]) {
  return spawnSync(process.execPath, [bootstrap, 'lab', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', npm_lifecycle_event: '', GITHUB_ACTIONS: '' },
  });
}

async function store(name: string, results: Results): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'results.json'), JSON.stringify(results));
  await writeFile(join(folder, name, 'v2.6.30-1-console.log'), `console of ${name}`);
}

describe('lab list', () => {
  const root = resolve(import.meta.dirname, '../..');
  const dead = join(root, 'cases/dead.ts');

  it('has a line for each case, and nothing else on its standard output', () => {
    const { status, stdout, stderr } = lab('list', dead, '--grep', 'zombie');
    const lines = stdout.trimEnd().split('\n');
    assert.ok(lines.length > 1 && lines.every((line) => /^cases\/dead\.ts > .*zombie/.test(line)));
    assert.equal(stderr, `${lines.length} cases\n`);
    assert.equal(status, 0);
  });

  it('says where a case would be skipped', () => {
    const both = lab('list', join(root, 'cases/vdso.ts'), join(root, 'cases/all-in-one.ts'));
    assert.match(
      both.stdout,
      /all-in-one\.ts .*\(skipped on v2\.6\.30: needs one guest .*; skipped/,
    );
    const one = lab('list', '--json', '--base', 'v6.1', '--grep', 'unified|all-in-one');
    const rows = JSON.parse(one.stdout) as { id: string; on: { base: string; skip?: string }[] }[];
    assert.ok(rows.every(({ on }) => on.length === 1 && on[0]?.base === 'v6.1'));
    const skipped = rows.filter(({ on }) => on[0]?.skip !== undefined);
    assert.ok(skipped.length > 0 && skipped.length < rows.length);
  });

  it('leaves with 3 for a file that is broken, and names it', async () => {
    const file = join(folder, 'broken.ts');
    await writeFile(file, "throw new Error('oh no');\n");
    const { status, stdout } = lab('list', file);
    assert.match(stdout, /broken\.ts .*\(error: .*oh no/);
    assert.equal(status, 3);
  });

  it('refuses a base that there is not, and an expression that matches nothing', () => {
    assert.equal(lab('list', '--base', 'v9').status, 2);
    const { status, stderr } = lab('list', dead, '--grep', 'no such case');
    assert.match(stderr, /none of the \d+ cases is left/);
    assert.equal(status, 2);
  });
});

describe('lab count', () => {
  it('names what is red, and ends with a count in which what was not judged has failed', async () => {
    const run = collect(red);
    await store('a', { ...run, missing: run.cases.slice(0, 1) });
    const { status, stdout } = lab('count', 'a');
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'FAILED   v2.6.30: cases/not-frozen.ts > not frozen > EBUSY for a running task: fail: Expected values to be strictly equal: null, expected EBUSY',
      'FAILED   v2.6.30: cases/leader.ts > leader gone > no oops: error: the guest was lost',
      'FAILED   v2.6.30: cases/no-such-pid.ts > no such pid > ESRCH: not heard of',
      '1 passed, 3 failed, 1 skipped',
    ]);
    assert.equal(status, 1);
  });

  it('leaves with 2 where there is no such run', () => {
    const { status, stdout } = lab('count', 'nothing');
    assert.deepEqual([status, stdout], [2, '']);
  });
});

describe('lab merge', () => {
  it('writes a run of its own, with every report and console', async () => {
    await store('a', { ...collect(green), shard: { index: 1, of: 2 } });
    await store('b', { ...collect(red), shard: { index: 2, of: 2 } });
    const { status, stdout } = lab('merge', 'a', 'b', '--results', 'out');
    assert.match(stdout, /5 cases on v2\.6\.30: 2 passed, 1 failed, 1 skipped, 1 in error/);
    assert.equal(status, 1);
    const run = (await readdir(join(folder, 'out'))).find((name) => name.endsWith('-merged'));
    const files = await readdir(join(folder, 'out', run ?? ''));
    for (const name of ['report.html', 'junit.xml', 'results.tap', '2-v2.6.30-1-console.log'])
      assert.ok(files.includes(name), name);
    const text = await readFile(join(folder, 'out/latest/results.json'), 'utf8');
    assert.equal(resultsSchema.parse(JSON.parse(text)).cases.length, 5);
  });

  it('says what is missing, and is not green then', async () => {
    await store('a', { ...collect(green), shard: { index: 1, of: 2 } });
    const { status, stdout } = lab('merge', 'a', '--results', 'out');
    assert.match(stdout, /missing: shard 2 of 2 for v2\.6\.30/);
    assert.equal(status, 3);
  });

  it('is not green without a base that is expected', async () => {
    await store('a', collect(green));
    const { status, stdout } = lab('merge', '--expect', 'all', 'a', '--results', 'out');
    assert.match(stdout, /missing: any run on v6\.1/);
    assert.equal(status, 3);
    assert.equal(lab('merge', '--expect', 'v2.6.30', 'a', '--results', 'out').status, 0);
    const unknown = lab('merge', '--expect', 'v9', 'a', '--results', 'out');
    assert.deepEqual([unknown.status, unknown.stderr.includes('base-unknown')], [2, true]);
  });

  it('brings what the report names, and links to nothing else', async () => {
    const artefact = {
      name: 'image',
      path: '/run/a',
      lines: ['TASK 1'],
      file: 'image-v2.6.30-1-2',
    };
    const run = collect(recordRun([{ ...failed, artefact }], 1, [baseReady]));
    for (const index of [1, 2]) {
      await store(`${index}`, { ...run, shard: { index, of: 2 } });
      await writeFile(join(folder, `${index}`, 'v2.6.30-config'), `config of ${index}`);
      await writeFile(join(folder, `${index}`, artefact.file), `image of ${index}`);
    }
    await rm(join(folder, '2', artefact.file));
    lab('merge', '1', '2', '--results', 'out');
    const latest = join(folder, 'out/latest');
    const page = await readFile(join(latest, 'report.html'), 'utf8');
    const links = [...page.matchAll(/href="([^"#]+)"/g)].map(([, file = '']) => file);
    assert.deepEqual([...new Set(links)].sort(), [
      '1-image-v2.6.30-1-2',
      '1-v2.6.30-1-console.log',
      '2-v2.6.30-1-console.log',
      'v2.6.30-config',
    ]);
    for (const file of links) assert.ok((await readdir(latest)).includes(file), file);
    assert.equal(await readFile(join(latest, '1-image-v2.6.30-1-2'), 'utf8'), 'image of 1');
    assert.equal(await readFile(join(latest, 'v2.6.30-config'), 'utf8'), 'config of 1');
    assert.match(page, /build log \(not in this folder\)/);
  });

  it('removes no run from a folder that was named', async () => {
    await store('a', collect(green));
    for (let day = 10; day < 32; day += 1) {
      const old = join(folder, `out/2026-01-${day}T00-00-00Z-v6.1`);
      await mkdir(old, { recursive: true });
      await writeFile(join(old, 'results.json'), '{}');
    }
    assert.equal(lab('merge', 'a', '--results', 'out').status, 0);
    // The merged run, `latest` and the history.
    assert.equal((await readdir(join(folder, 'out'))).length, 22 + 3);
  });

  it('leaves nothing behind where the runs do not fit', async () => {
    await store('a', { ...collect(green), shard: { index: 1, of: 2 } });
    const { status, stderr } = lab('merge', 'a', 'a', '--results', 'out');
    assert.match(stderr, /runs-unfit/);
    assert.equal(status, 2);
    assert.deepEqual(await readdir(folder), ['a']);
  });
});

describe('lab history', () => {
  const name = collect(green).run;

  it('takes runs whose folders were brought, and shows what turned and each case', async () => {
    const other = '2026-03-15T00-00-00Z-v2.6.30';
    await store(name, collect(green));
    await store(other, {
      ...collect(recordRun([{ ...failed, id: collect(green).cases[0]?.id ?? '' }], 1)),
      ...{ run: other, time: '2026-03-15T00:00:00.000Z' },
    });
    const whole = lab('history', '--results', '.');
    assert.match(whole.stdout, /^2 runs from 2026-03-14 to 2026-03-15\n/);
    assert.match(whole.stdout, /Red when judged last\nFAIL {2}v2\.6\.30 cases\/no-such-pid/);
    assert.equal(whole.status, 0);
    // What it has read outlives the folders.
    await rm(join(folder, name), { recursive: true });
    const one = lab('history', '--results', '.', 'ESRCH');
    assert.match(one.stdout, new RegExp(`pass +42 ms +${name}`));
    assert.match(one.stdout, new RegExp(`turned red between ${name} and ${other}`));
    const json = lab('history', '--results', '.', '--json', '--base', 'v2.6.30');
    const { runs, turns } = JSON.parse(json.stdout) as { runs: unknown[]; turns: unknown[] };
    assert.deepEqual([runs.length, turns.length], [2, 1]);
    assert.match(lab('history', '--results', '.', '--base', 'v6.1').stdout, /^No run is kept/);
  });

  it('leaves with 2 for a case that it does not know', async () => {
    await store(name, collect(green));
    const { status, stderr } = lab('history', '--results', '.', 'nothing like it');
    assert.match(stderr, /history-no-case/);
    assert.equal(status, 2);
  });
});

describe('lab compare', () => {
  it('leaves with 1 where something turned worse, with 0 where nothing did', async () => {
    await store('a', collect(green));
    await store('b', collect(red));
    const same = lab('compare', 'a', 'a');
    assert.deepEqual([same.status, same.stdout], [0, 'No difference worth telling.\n']);
    assert.equal(lab('compare', 'b', 'a').status, 1); // cases are gone
    const more = lab('compare', 'a', 'b', '--json');
    assert.equal(more.status, 0);
    assert.equal((JSON.parse(more.stdout) as { added: unknown[] }).added.length, 3);
  });

  it('explains a run that is not there, and one that is none', async () => {
    await writeFile(join(folder, 'broken.json'), '{');
    await writeFile(join(folder, 'other.json'), '{"version": 7}');
    for (const [name, words] of [
      ['absent', /run-missing/],
      ['broken.json', /results-unreadable/],
      ['other.json', /version 1 of the schema[^]*results-unreadable/],
    ] as const) {
      const { status, stderr } = lab('compare', name, name);
      assert.match(stderr, words);
      assert.equal(status, 2);
    }
  });
});
