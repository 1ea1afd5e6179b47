import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { lackOf } from './extras.ts';

const root = resolve(import.meta.dirname, '..');
const skip = lackOf(spawnSync('shellcheck', ['--version']).status !== 0, 'needs shellcheck');

function listScripts(): string[] {
  const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  return stdout
    .split('\0')
    .filter((path) => path === '.ci/run' || path.endsWith('.sh'))
    .filter((path) => /^#!.*\b(ba)?sh\b/.test(readFileSync(join(root, path), 'utf8')));
}

describe('shell scripts', { skip }, () => {
  for (const path of listScripts())
    it(`${path} is clean`, () => {
      const { status, stdout } = spawnSync('shellcheck', ['--severity=warning', path], {
        cwd: root,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout);
    });
});
