import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

const repository = resolve(import.meta.dirname, '../..');

/** Runs the bootstrap of the repository copied to `root`, with nothing on PATH. */
function bootstrap(root: string, ...args: readonly string[]) {
  const script = join(root, 'harness/bootstrap.mjs');
  return spawnSync(process.execPath, [script, ...args], {
    env: { LAB_NO_INSTALL: '1', PATH: '' },
    encoding: 'utf8',
  });
}

describe('bootstrap on a machine with nothing but Node', () => {
  let clone: string;
  before(async () => {
    clone = await mkdtemp(join(tmpdir(), 'lab-clone-'));
    for (const name of ['package.json', 'package-lock.json', 'harness', 'kernel', 'patches'])
      await cp(join(repository, name), join(clone, name), { recursive: true });
  });
  after(() => rm(clone, { recursive: true, force: true }));

  it('prints one command for the system packages, and stops', () => {
    const { status, stdout, stderr } = bootstrap(clone, 'lab', 'run');
    assert.equal(status, 3);
    assert.equal(stdout, '');
    assert.match(stderr, /LAB_NO_INSTALL=1 forbids/);
    assert.match(stderr, /sudo (apt-get install|dnf install|pacman -S)[^\n]* qemu-system-x86/);
    assert.match(stderr, /QEMU: boots the guests/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  it('says that the npm packages are missing too', () => {
    const { status, stderr } = bootstrap(clone, 'test');
    assert.equal(status, 3);
    assert.match(stderr, /npm packages are not installed. To install them:\n {4}npm ci/);
  });

  it('says what doctor would say of the tools, where doctor itself cannot run', () => {
    const { status, stderr } = bootstrap(clone, 'lab', 'doctor');
    assert.equal(status, 3);
    assert.match(stderr, /QEMU: boots the guests/);
    assert.match(stderr, /npm ci/);
  });

  it('names a folder for temporary files that is not there', () => {
    const TMPDIR = join(clone, 'nowhere');
    const script = join(clone, 'harness/bootstrap.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, 'lab', 'doctor'], {
      env: { LAB_NO_INSTALL: '1', PATH: '', TMPDIR },
      encoding: 'utf8',
    });
    assert.equal(status, 3);
    assert.equal(
      stderr,
      `lab: Temporary files go to ${TMPDIR}, where no folder is. Set TMPDIR to one that you may write to.\n`,
    );
  });

  it('wants no system package to lint', () => {
    const { status, stderr } = bootstrap(clone, 'lint');
    assert.equal(status, 3);
    assert.doesNotMatch(stderr, /apt-get|dnf|pacman/);
    assert.match(stderr, /npm ci/);
  });

  it('runs what only reads once the npm packages are there', async () => {
    await symlink(join(repository, 'node_modules'), join(clone, 'node_modules'));
    const { status, stderr } = bootstrap(clone, 'lab', '--version');
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });
});
