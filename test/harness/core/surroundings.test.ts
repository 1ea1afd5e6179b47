import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { findLabHome, type LabHome } from '../../../harness/core/home.ts';
import { findObstacles, obstacleError } from '../../../harness/core/surroundings.ts';
import { noNamespaces, withMounted } from '../../faults/surroundings.ts';

const MiB = 2 ** 20;
const plenty = {
  share: { processors: 2, memory: 8000 * MiB, limit: {} },
  free: () => Promise.resolve(1e12),
};

describe('what stands in the way of a run', () => {
  let folder: string;
  let home: LabHome;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-around-'));
    home = findLabHome({ LAB_HOME: join(folder, 'not/made/yet') });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const codes = async (given: Parameters<typeof findObstacles>[2]) =>
    (await findObstacles(home, 256, { ...plenty, temporary: folder, ...given })).map(
      ({ code, stops }) => `${code}${stops ? '!' : ''}`,
    );

  it('is nothing where all is well, and nothing is left of the look', async () => {
    assert.deepEqual(await codes({}), []);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is a disk that is nearly full: a warning, or the end where nothing fits', async () => {
    const room = (mib: number) => ({ free: () => Promise.resolve(mib * MiB) });
    assert.deepEqual(await codes(room(1000)), ['disk-full']);
    assert.deepEqual(await codes(room(50)), ['disk-full', 'disk-full']);
    assert.deepEqual(await codes(room(5)), ['disk-full!', 'disk-full']);
    // Nothing that the cache could give up lies among the temporary files.
    const [temporary, atHome] = await findObstacles(home, 128, {
      ...plenty,
      temporary: folder,
      ...room(5),
    });
    assert.match(temporary?.next ?? '', /^Make room there, or set TMPDIR/);
    assert.match(atHome?.next ?? '', /cache prune.* set LAB_HOME/);
    mkdirSync(home.images, { recursive: true });
    assert.deepEqual(await codes(room(1000)), []);
  });

  it('is memory that a cgroup holds back, which is named', async () => {
    const share = { processors: 2, memory: 300 * MiB, limit: { memory: 512 * MiB } };
    const [found] = await findObstacles(home, 256, { ...plenty, share, temporary: folder });
    assert.ok(found);
    assert.equal(found.code, 'memory-short');
    assert.match(found.what, /^300 MiB of memory are left of the 512 that its cgroups allow/);
    assert.equal(found.stops, false);
  });

  it('is a file system with a clock of its own', async () => {
    assert.deepEqual(await codes({ now: () => Date.now() - 60_000 }), ['clock-skew', 'clock-skew']);
  });

  it('is a folder for temporary files that make would stumble over', async () => {
    const temporary = join(folder, 'my tmp');
    mkdirSync(temporary);
    assert.deepEqual(await codes({ temporary }), ['temporary-unusable!']);
  });

  it('is a folder for temporary files that is not there', async () => {
    assert.deepEqual(await codes({ temporary: join(folder, 'gone') }), ['not-writable!']);
  });

  it('is said as an error that tells what to do', async () => {
    const [first] = await findObstacles(home, 256, { ...plenty, temporary: join(folder, 'gone') });
    assert.ok(first);
    const error = obstacleError(first);
    assert.ok(isLabError(error));
    assert.equal(error.fault, 'infrastructure');
    assert.match(error.next, /TMPDIR/);
  });

  it('is a file system that lets no program run', { skip: noNamespaces }, () => {
    const wrapper = withMounted(folder, 'tmpfs', 'noexec');
    const script = `
      import { findLabHome } from './harness/core/home.ts';
      import { findObstacles } from './harness/core/surroundings.ts';
      const [home, temporary] = [findLabHome({ LAB_HOME: process.argv[1] }), process.argv[1]];
      const found = await findObstacles(home, 1, { temporary });
      console.log(JSON.stringify(found.map(({ code }) => code)));`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script, folder];
    const argv = [...wrapper, ...node];
    const { stdout, stderr } = spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' });
    assert.match(stdout, /no-programs.*no-programs/, stderr);
  });
});
