import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { lackOf } from '../extras.ts';

/** Debian 12's: what another version finds is for whoever raises this. */
const version = '2.10';

const root = resolve(import.meta.dirname, '../..');
const { stdout: found } = spawnSync('cppcheck', ['--version'], { encoding: 'utf8' });
const skip = lackOf(!new RegExp(`\\b${version}\\b`).test(found), `needs cppcheck ${version}`);

describe("the guest's C", { skip }, () => {
  it('has nothing that cppcheck warns of', () => {
    const checks = ['--enable=warning,performance,portability', '--inline-suppr', '--std=c11'];
    const { status, stderr } = spawnSync(
      'cppcheck',
      [
        '-q',
        '--error-exitcode=1',
        '--language=c',
        ...checks,
        '-I',
        'rootfs/src',
        'rootfs/src',
        'cases/cr/programs',
        'qemu/plugin',
      ],
      { cwd: root, encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
  });
});
