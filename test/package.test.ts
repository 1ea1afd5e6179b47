import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { withDir } from 'tmp-promise';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');

const lock = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })),
});

/** Lays the package out as npm installs it, with what it depends on and nothing else. */
function install(folder: string): string {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'cr-lab');
  mkdirSync(own, { recursive: true });
  const tar = ['--extract', '--strip-components=1', '--file', join(folder, packed)];
  execFileSync('tar', [...tar, '--directory', own]);
  const { packages } = lock.parse(
    JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')),
  );
  for (const [path, { dev }] of Object.entries(packages)) {
    if (dev === true || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(root, path), join(folder, path));
  }
  return join(own, 'harness/bootstrap.mjs');
}

describe('the package', () => {
  it('works in any folder once it is installed', () =>
    withDir(
      async ({ path: folder }) => {
        const bootstrap = install(folder);
        const lab = (cwd: string, ...args: readonly string[]) => {
          const { status, stdout, stderr } = spawnSync(process.execPath, [bootstrap, ...args], {
            cwd,
            // As a user's shell is: npm is not what runs it.
            env: {
              ...process.env,
              npm_lifecycle_event: undefined,
              LAB_HOME: join(folder, 'home'),
            },
            encoding: 'utf8',
          });
          assert.equal(status, 0, `lab ${args.join(' ')}: ${stdout}${stderr}`);
          return stdout;
        };
        assert.match(lab(folder, '--version'), /^\d+\.\d+\.\d+$/m);
        assert.match(lab(folder, 'new', 'mine'), /Run it: lab run --project mine/);
        // Twice: from the bundle that the first has made, and in a folder below the project's.
        for (const cwd of [join(folder, 'mine'), join(folder, 'mine', 'cases')])
          assert.match(lab(cwd, 'list', '--base', 'v6.1'), /^cases\/hello\.ts > /m);
        assert.match(lab(folder, 'series', '--base', 'v2.6.30'), /^v2\.6\.30: /m);
        return Promise.resolve();
      },
      { unsafeCleanup: true },
    ));
});
