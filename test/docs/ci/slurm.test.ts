import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { resultsSchema, type Results } from '../../../harness/results/results.ts';
import { noBuiltBase, builtBase } from './built-base.ts';
import { noSlurm, startCluster, type Cluster } from './slurm-cluster.ts';

const repository = join(import.meta.dirname, '../../..');
const parts = ['lab.config.ts', 'harness', 'kernel', 'qemu', 'rootfs', 'patches', 'cases', 'docs', 'package.json', 'package-lock.json', 'tsconfig.json'];

describe('the examples for Slurm', { skip: noSlurm || noBuiltBase }, () => {
  let folder: string;
  let clone: string;
  let cluster: Cluster;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-slurm-'));
    clone = join(folder, 'cr-lab');
    for (const name of parts)
      cpSync(join(repository, name), join(clone, name), { recursive: true });
    symlinkSync(join(repository, 'node_modules'), join(clone, 'node_modules'));
    cluster = await startCluster(folder);
  });
  after(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function sbatch(...args: readonly string[]): Promise<{ status: number; id: string }> {
    const { exitCode, stdout, stderr } = await execa('sbatch', ['--parsable', ...args], {
      cwd: clone,
      env: { ...cluster.env, CI: 'true' },
      reject: false,
      timeout: 240_000,
    });
    assert.match(stdout, /^\d+$/m, `${stderr}\n${cluster.log()}`);
    return { status: exitCode ?? -1, id: /^\d+$/m.exec(stdout)?.[0] ?? '' };
  }
  const merged = (): Results =>
    resultsSchema.parse(JSON.parse(readFileSync(join(clone, 'results/latest/results.json'), 'utf8')));
  const logs = async () => {
    const names = (await readdir(clone)).filter((name) => name.endsWith('.log'));
    return names.map((name) => `${name}:\n${readFileSync(join(clone, name), 'utf8')}`).join('\n');
  };
  let job: string;

  it('share the cases among the tasks of an array, and join their results', async () => {
    const cases = ['--base', builtBase ?? '', 'cases/no-such-pid.ts'];
    job = (await sbatch('--array=1-2', 'docs/ci/slurm.sh', ...cases)).id;
    const merge = await sbatch('--wait', `--dependency=afterany:${job}`, 'docs/ci/slurm-merge.sh', job);
    assert.equal(merge.status, 0, await logs());
    const { totals, missing, guests, exitCode } = merged();
    assert.ok(totals.pass >= 2, await logs());
    assert.deepEqual([totals.pass, missing.length, exitCode], [totals.planned, 0, 0]);
    for (const task of ['1', '2']) {
      const own = join(clone, `results/slurm-${job}`, task, 'latest/results.json');
      const { shard, totals: share } = resultsSchema.parse(JSON.parse(readFileSync(own, 'utf8')));
      assert.deepEqual(shard, { index: Number(task), of: 2 });
      assert.ok(share.planned > 0 && share.planned < totals.planned);
    }
    assert.ok(guests.length >= 2);
  });

  it('fail where a task’s results are missing, and say which', async () => {
    rmSync(join(clone, `results/slurm-${job}/2`), { recursive: true });
    const merge = await sbatch('--wait', 'docs/ci/slurm-merge.sh', job);
    assert.notEqual(merge.status, 0);
    assert.match(await logs(), /shard 2 of 2/);
    assert.ok(existsSync(join(clone, 'results/latest/report.html')));
  });
});
