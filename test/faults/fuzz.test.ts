import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import type { FuzzReport } from '../../harness/core/fuzz.ts';
import type { ProjectCli } from '../../harness/core/project.ts';
import type { RunOptions } from '../../harness/plan/options.ts';
import { resultsSchema, type Results } from '../../harness/results/results.ts';
import { runFuzz, type FuzzChoice } from '../../harness/session/fuzz.ts';
import { writeFoundCase } from '../../harness/session/fuzz-found.ts';
import { runLab } from '../../harness/session/lab.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const fixtures = join(import.meta.dirname, 'fixtures/fuzz');
const root = join(import.meta.dirname, '../..');

/** What the planted program's seeds stand for. */
const seeds = { nothing: 0, complaint: 1, crash: 2, finding: 3, task: 4 };

describe('lab fuzz', { skip: noWorld }, () => {
  let world: World;
  let text = '';
  before(() => (world = makeWorld()));
  after(() => world.remove());

  function cliOf(): ProjectCli {
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    }) as unknown as NodeJS.WriteStream;
    const cases = join(world.folder, 'cases');
    const fragment = (name: string) => join(world.config, world.base.name, `${name}.config`);
    const fragmentFiles = { boot: fragment('boot'), cr: fragment('cr') };
    const base = { ...world.base, patches: join(world.patches, world.base.name), fragmentFiles };
    mkdirSync(cases, { recursive: true });
    return {
      env: { ...process.env, LAB_HOME: world.home.root },
      folder: world.folder,
      root,
      ...{ stdout: sink, stderr: sink, command: 'lab', status: 0 },
      project: {
        ...{ name: 'planted', root, bases: [base], results: world.results, cases },
        programs: [{ name: 'planted', files: [join(fixtures, 'planted.c')] }],
        fuzz: { program: 'planted', corpus: join(fixtures, 'corpus.ts') },
        ...{ selftests: [], bench: {}, notices: [] },
      },
    };
  }

  function optionsOf(files: readonly string[] = []): RunOptions {
    return {
      ...{ files, base: world.base.name, source: world.source, results: world.results },
      ...{ command: 'lab', grep: undefined, upto: undefined, tree: false, accel: 'tcg', jobs: 1 },
      ...{ isolate: undefined, repeat: 1, untilFail: false, shard: undefined, shuffle: undefined },
      ...{
        bail: false,
        deadline: undefined,
        affected: false,
        fresh: true,
        debug: true,
        json: false,
      },
    };
  }

  async function fuzz(seed: number, more: Partial<FuzzChoice> = {}) {
    text = '';
    const choice = { seed, from: 0, images: 16, batch: 16, repeat: 1, ...more };
    const status = await runFuzz(optionsOf(), choice, cliOf());
    const run = join(world.results, 'latest');
    assert.ok(status < 2, text);
    const report = JSON.parse(
      readFileSync(join(run, `fuzz-${world.base.name}.json`), 'utf8'),
    ) as FuzzReport;
    const results: Results = resultsSchema.parse(
      JSON.parse(readFileSync(join(run, 'results.json'), 'utf8')),
    );
    return { status, report, results };
  }

  it('is green where nothing is found, and tells how many were tried', async () => {
    const { status, report, results } = await fuzz(seeds.nothing, { images: 250, batch: 100 });
    assert.equal(status, 0, text);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.counts, { ok: 250 });
    assert.equal(report.images, 250);
    assert.deepEqual(
      results.cases.map(({ test }) => test),
      ['mutants 0 to 99', 'mutants 100 to 199', 'mutants 200 to 249'],
    );
  });

  for (const [what, seed, index, sign] of [
    ['the kernel complains of', seeds.complaint, 5, /WARNING: at planted\.c:5/],
    ['resets the machine', seeds.crash, 9, /^guest-crashed$/],
    ['its program finds', seeds.finding, 12, /^gained: task 3 has Uid: 0$/],
    ['leaves a task', seeds.task, 14, /^left: planted/],
  ] as const)
    it(`finds the one mutant that ${what}, and which of its mutations it is`, async () => {
      const { status, report, results } = await fuzz(seed);
      assert.equal(status, 1, text);
      const [finding, ...others] = report.findings;
      assert.deepEqual(others, []);
      assert.deepEqual(finding?.range, { from: index, count: 1 }, text);
      assert.deepEqual(finding.only, [1]);
      assert.deepEqual(finding.mutations, [`mutation 1 of ${index}`]);
      assert.match(finding.sign, sign);
      assert.deepEqual(readdirSync(finding.folder ?? '').sort(), [
        ...['console.log', 'finding.json', 'mutant'],
      ]);
      const [red] = results.cases.filter(({ verdict }) => verdict === 'fail');
      assert.match(
        red?.rerun ?? '',
        new RegExp(`--seed ${seed} --from ${index} --images 1 --only 1$`),
      );
      assert.match(red?.reason ?? '', /fuzz --keep \S+\/finding\.json/);
    });

  it('becomes a case that is red as long as the kernel does it', async () => {
    const { report } = await fuzz(seeds.complaint);
    const cli = cliOf();
    const path = await writeFoundCase(join(report.findings[0]?.folder ?? '', 'finding.json'), cli);
    assert.equal(await runLab(optionsOf([path]), cli), 1, text);
    const results = resultsSchema.parse(
      JSON.parse(readFileSync(join(world.results, 'latest/results.json'), 'utf8')),
    );
    assert.match(results.cases[0]?.reason ?? '', /WARNING: at planted\.c:5/);
    assert.equal(results.cases.length, 1);
  });
});
