import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  affordableGuests,
  affordableCompilers,
  findHostShare,
} from '../../../harness/core/host-share.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const second = '34 24 0:29 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const first = [
  '31 30 0:28 TOP /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
  '34 30 0:31 TOP /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n');

describe('what of the host a run may use', () => {
  let root: string;
  beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'lab-share-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  /** Writes files under a root of its own and asks on a host of 64 processors and 256 GiB. */
  function share(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), `${text}\n`);
    }
    return findHostShare({ root, processors: 64, memory: 256 * GiB });
  }

  it('is all of it where nothing limits it', () => {
    const all = { processors: 64, memory: 256 * GiB, limit: {} };
    assert.deepEqual(share({}), all);
    assert.deepEqual(
      share({
        'proc/self/cgroup': '0::/user.slice',
        'proc/self/mountinfo': second,
        'sys/fs/cgroup/user.slice/cpu.max': 'max 100000',
        'sys/fs/cgroup/user.slice/memory.max': 'max',
        'sys/fs/cgroup/user.slice/memory.current': '123',
      }),
      all,
    );
  });

  it('is what a container’s cgroup leaves, without what files take there', () => {
    assert.deepEqual(
      share({
        'proc/self/cgroup': '0::/',
        'proc/self/mountinfo': second,
        'sys/fs/cgroup/cpu.max': '250000 100000',
        'sys/fs/cgroup/memory.max': String(4 * GiB),
        'sys/fs/cgroup/memory.current': String(3 * GiB),
        'sys/fs/cgroup/memory.stat': `anon ${GiB}\nfile ${2 * GiB}\ninactive_file ${GiB}\nactive_file ${512 * MiB}`,
      }),
      { processors: 2, memory: 2.5 * GiB, limit: { processors: 2.5, memory: 4 * GiB } },
    );
  });

  it('is what the tightest of the cgroups around it leaves', () => {
    const { processors, memory } = share({
      'proc/self/cgroup': '0::/slurm/job_7/step_0',
      'proc/self/mountinfo': second,
      'sys/fs/cgroup/slurm/cpu.max': '3200000 100000',
      'sys/fs/cgroup/slurm/job_7/cpu.max': '400000 100000',
      'sys/fs/cgroup/slurm/job_7/memory.max': String(GiB),
      'sys/fs/cgroup/slurm/job_7/step_0/cpu.max': 'max 100000',
      'sys/fs/cgroup/slurm/job_7/step_0/memory.max': 'max',
    });
    assert.deepEqual([processors, memory], [4, GiB]);
  });

  it('understands the first version, of which a container sees its own folder only', () => {
    const folder = 'sys/fs/cgroup';
    const files = {
      [`${folder}/cpu,cpuacct/cpu.cfs_quota_us`]: '50000',
      [`${folder}/cpu,cpuacct/cpu.cfs_period_us`]: '100000',
      [`${folder}/memory/memory.limit_in_bytes`]: String(2 * GiB),
      [`${folder}/memory/memory.usage_in_bytes`]: String(GiB),
      [`${folder}/memory/memory.stat`]: `total_inactive_file ${512 * MiB}`,
      [`${folder}/memory/inner/memory.limit_in_bytes`]: String(GiB),
      'proc/self/cgroup': '4:memory:/docker/ab/inner\n2:cpu,cpuacct:/docker/ab\n0::/docker/ab',
      'proc/self/mountinfo': first.replaceAll('TOP', '/docker/ab'),
    };
    const limit = { processors: 0.5, memory: GiB };
    assert.deepEqual(share(files), { processors: 1, memory: GiB, limit });
  });

  it('knows what the first version says where there is no limit', () => {
    assert.deepEqual(
      share({
        'proc/self/cgroup': '4:memory:/\n2:cpu,cpuacct:/',
        'proc/self/mountinfo': first.replaceAll('TOP', '/'),
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1',
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
        'sys/fs/cgroup/memory/memory.usage_in_bytes': '5000000000',
      }).limit,
      {},
    );
  });

  it('is never less than a processor, nor less than nothing', () => {
    const { processors, memory } = share({
      'proc/self/cgroup': '0::/',
      'proc/self/mountinfo': second,
      'sys/fs/cgroup/cpu.max': '10000 100000',
      'sys/fs/cgroup/memory.max': '100',
      'sys/fs/cgroup/memory.current': '200',
    });
    assert.deepEqual([processors, memory], [1, 0]);
  });
});

describe('how many guests that carries', () => {
  it('is one per processor, as far as the memory goes, and always one', () => {
    assert.equal(affordableGuests({ processors: 4, memory: 64 * GiB }, 256), 4);
    assert.equal(affordableGuests({ processors: 64, memory: 4 * GiB }, 256), 9);
    assert.equal(affordableGuests({ processors: 64, memory: 100 * MiB }, 256), 1);
  });
});

describe('compilers at once', () => {
  it('are one per processor, as far as the memory carries them', () => {
    assert.equal(affordableCompilers({ processors: 2, memory: 8 * GiB }), 2);
    assert.equal(affordableCompilers({ processors: 64, memory: 2 * GiB }), 8);
    assert.equal(affordableCompilers({ processors: 64, memory: 100 * MiB }), 1);
  });
});
