import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bundle } from '../../../harness/setup/bundle.mjs';

const repository = resolve(import.meta.dirname, '../../..');

describe('the bundle of the lab’s code', () => {
  let root: string;
  const kept = () => readdir(join(root, 'node_modules/.cache/cr-lab'));
  const lab = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(root, 'harness/bootstrap.mjs'), 'lab', ...args], {
      cwd: root,
      env: { ...process.env, LAB_NO_INSTALL: '1', npm_lifecycle_event: '' },
      encoding: 'utf8',
    });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'lab-bundle-'));
    for (const name of [
      'harness',
      'kernel',
      'patches',
      'qemu',
      'rootfs',
      'package.json',
      'package-lock.json',
    ])
      await cp(join(repository, name), join(root, name), { recursive: true });
    await mkdir(join(root, 'cases'));
    await mkdir(join(root, 'node_modules'));
    for (const name of await readdir(join(repository, 'node_modules')))
      if (name !== '.cache')
        await symlink(join(repository, 'node_modules', name), join(root, 'node_modules', name));
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('is made once for a state of the code, and again for another', async () => {
    const first = await bundle(root);
    assert.ok(first !== undefined);
    assert.equal(await bundle(root), first);
    const later = new Date(Date.now() + 5000);
    await utimes(join(root, 'harness/case.ts'), later, later);
    const second = await bundle(root);
    assert.ok(second !== undefined && second !== first);
    assert.equal((await kept()).length, 2);
  });

  it('of a state that nobody has used for days goes', async () => {
    const old = new Date(Date.now() - 3 * 24 * 60 * 60 * 1000);
    for (const name of await kept())
      await utimes(join(root, 'node_modules/.cache/cr-lab', name), old, old);
    const now = new Date();
    await utimes(join(root, 'harness/case.ts'), now, now);
    await bundle(root);
    assert.equal((await kept()).length, 1);
  });

  it('lists the cases of files in it, and a file that does not parse by its own mistake', async () => {
    const passing = (name: string) =>
      `import { suite } from '../harness/case.ts';\nconst test = suite('${name}');\ntest('holds', () => undefined);\ntest.run();\n`;
    await writeFile(join(root, 'cases/good.ts'), passing('good'));
    await writeFile(join(root, 'cases/broken.ts'), 'const = 1;\n');
    const folder = await bundle(root);
    assert.ok(folder !== undefined, 'one broken case does not keep the rest from being bundled');
    const { status, stdout, stderr } = lab('list');
    assert.match(stdout + stderr, /good > holds/);
    assert.match(stdout + stderr, /broken\.ts/);
    assert.notEqual(status, 0);
  });

  it('is not made of an engine that does not parse: that has its own say', async () => {
    await writeFile(join(root, 'harness/cli/cli.ts'), 'export const = ;\n');
    assert.equal(await bundle(root), undefined);
    const { status, stderr } = lab('--version');
    assert.notEqual(status, 0);
    assert.match(stderr, /cli\.ts/);
  });
});
