import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';

const step = z.object({
  id: z.string().optional(),
  if: z.string().optional(),
  run: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.unknown()).optional(),
});
const workflow = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      strategy: z.object({ matrix: z.record(z.string(), z.array(z.unknown())) }).optional(),
      steps: z.array(step),
    }),
  ),
});
type Step = z.infer<typeof step>;

const path = `${import.meta.dirname}/../.github/workflows/lab.yml`;
const { jobs } = workflow.parse(parse(readFileSync(path, 'utf8')));
const all = Object.entries(jobs).map(([name, { steps }]) => ({ name, steps }));

/** Whether a step makes results: a run or a merge. */
const makesResults = ({ run = '' }: Step) => /npm run lab -- (--base|run|merge)/.test(run);
const isUpload = ({ uses = '' }: Step) => uses.startsWith('actions/upload-artifact@');

describe('the workflow for GitHub', () => {
  it('uploads the results of each run and each merge, after it and however it ended', () => {
    for (const { name, steps } of all) {
      const uploads = steps.flatMap((each, index) => (isUpload(each) ? [index] : []));
      const makers = steps.flatMap((each, index) => (makesResults(each) ? [index] : []));
      assert.equal(uploads.length, makers.length, name);
      makers.forEach((maker, number) => {
        const [upload = -1, next = Infinity] = [uploads[number], makers[number + 1]];
        assert.ok(upload > maker && upload < next, `${name}: step ${maker} is not uploaded`);
        assert.match(steps[upload]?.if ?? '', /always\(\)/, `${name}: step ${upload}`);
        assert.equal(steps[upload]?.with?.['if-no-files-found'], 'error');
      });
    }
    assert.equal(all.flatMap(({ steps }) => steps.filter(makesResults)).length, 3);
  });

  it('merges the shards, and nothing else', () => {
    const download = jobs['report']?.steps.find(({ uses }) => uses?.includes('download-artifact'));
    assert.equal(download?.with?.['pattern'], 'run-*');
    const names = (jobs['lab']?.steps ?? [])
      .filter(isUpload)
      .map((each) => z.string().parse(each.with?.['name']))
      .map((name) => [name.replaceAll(/\$\{\{.*?\}\}/g, 'x'), name.includes('shard')] as const);
    assert.equal(names.length, 2);
    for (const [name, isShard] of names) assert.equal(name.startsWith('run-'), isShard, name);
  });

  it('runs the tests under every Node that docs/machines.md names', () => {
    const docs = readFileSync(`${import.meta.dirname}/../docs/machines.md`, 'utf8');
    const [, table = ''] = docs.split('\n## Node\n');
    const named = [...table.matchAll(/^\| (\d+)\.\d+\.\d+ +\|/gm)].map(([, major]) =>
      Number(major),
    );
    assert.ok(named.length >= 3);
    const tests = jobs['test'];
    assert.ok(tests);
    assert.deepEqual(tests.strategy?.matrix['node'], named);
    const setup = tests.steps.find(({ uses = '' }) => uses.startsWith('actions/setup-node@'));
    assert.equal(setup?.with?.['node-version'], '${{ matrix.node }}');
  });

  it('lets no test be skipped for want of a program', () => {
    const tests = all.flatMap(({ steps }) =>
      steps.filter(({ run = '' }) => run.startsWith('npm test')),
    );
    assert.equal(tests.length, 2);
    for (const each of tests) assert.equal(each.env?.['LAB_REQUIRE_EXTRAS'], 1);
  });
});
