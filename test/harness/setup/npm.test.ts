import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { whyInstall } from '../../../harness/setup/npm.mjs';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lab-npm-'));
  await mkdir(join(root, 'node_modules'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, packages: Record<string, object>): Promise<void> {
  await writeFile(join(root, path), JSON.stringify({ packages }));
}

const wanted = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b': { version: '2.0.0', optional: true },
};

const installed = [
  [
    'all of them',
    { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } },
    undefined,
  ],
  ['all but an optional one', { 'node_modules/a': { version: '1.0.0' } }, undefined],
  [
    'one of another version',
    { 'node_modules/a': { version: '1.0.1' } },
    /^1 of the npm packages is not/,
  ],
  ['none of them', {}, /^1 of the npm packages/],
] as const;

for (const [name, packages, expected] of installed) {
  it(`compares with the lock file: ${name}`, async () => {
    await write('package-lock.json', wanted);
    await write('node_modules/.package-lock.json', packages);
    const why = whyInstall(root);
    if (expected === undefined) assert.equal(why, undefined);
    else assert.match(why ?? '', expected);
  });
}

it('takes an installation without npm’s record for none', async () => {
  await write('package-lock.json', wanted);
  assert.equal(whyInstall(root), 'the npm packages are not installed');
});

it('lets npm say why it failed, under `npm run --silent` too', async () => {
  await write('package.json', {});
  await writeFile(join(root, 'package-lock.json'), 'no lock file');
  const module = fileURLToPath(new URL('../../../harness/setup/npm.mjs', import.meta.url));
  const script = `
    const { npmInstall } = await import(${JSON.stringify(module)});
    process.exitCode = npmInstall(${JSON.stringify(root)}) ? 0 : 5;
  `;
  const { stderr, exitCode } = await execa('node', ['--input-type=module', '--eval', script], {
    env: { npm_config_loglevel: 'silent' },
    reject: false,
  });
  assert.equal(exitCode, 5);
  assert.match(stderr, /npm (error|ERR!)/);
});
