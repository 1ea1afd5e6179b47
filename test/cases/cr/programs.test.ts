import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { findCompiler } from '../../../rootfs/compiler.ts';
import { makeHome, pathOfOwn, type TestHome } from '../../rootfs/built.ts';

const root = join(import.meta.dirname, '../../..');
const programs = join(root, 'cases/cr/programs');

let home: TestHome;
before(async () => {
  home = await makeHome();
});
after(() => home.remove());

describe("c/r's programs of the guest", () => {
  for (const name of ['fuzz', 'restart', 'work'])
    it(`${name} is compiled without a warning, as the lab's own are`, async () => {
      const { command } = await findCompiler();
      const folder = join(programs, name);
      const files = readdirSync(folder).filter((file) => file.endsWith('.c'));
      const flags = ['-std=c11', '-D_GNU_SOURCE', '-Os', '-Wall', '-Wextra', '-Werror'];
      const options = ['-fsyntax-only', '-I', join(root, 'rootfs/src')];
      await execa(command, [...flags, ...options, ...files.map((file) => join(folder, file))]);
    });

  it('restart tells its options', async () => {
    const restart = await pathOfOwn(home, 'restart');
    const { stdout, stderr } = await execa(restart, ['--help'], { reject: false });
    assert.match(`${stdout}${stderr}`, /--copy-status/);
  });
});
