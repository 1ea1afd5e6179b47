import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hashFile } from '../../harness/store/cache.ts';
import { isLabError } from '../../harness/core/errors.ts';
import type { Pin } from '../../rootfs/pins.ts';
import { obtainSource } from '../../rootfs/sources.ts';
import { makeHome } from './built.ts';
import type { TestHome } from './built.ts';

let home: TestHome;
before(async () => {
  home = await makeHome();
  await mkdir(home.context.home.sources, { recursive: true });
});
after(() => home.remove());

const pin: Pin = {
  name: 'tool',
  version: '1.0',
  archive: 'tool_1.0.orig.tar.gz',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', // of "abc"
  upstream: 'https://tool.example/tool-1.0.tar.gz',
};

describe('obtainSource', () => {
  it('takes an archive that was put there by hand, if it is the pinned one', async () => {
    const archive = join(home.context.home.sources, pin.archive);
    await writeFile(archive, 'abc');
    assert.deepEqual(await obtainSource(pin, home.context), { archive, sha256: pin.sha256 });
  });

  it('refuses another one by name, expected and found', async () => {
    const archive = join(home.context.home.sources, pin.archive);
    await writeFile(archive, 'abd');
    const found = await hashFile(archive);
    await assert.rejects(obtainSource(pin, home.context), (error) => {
      assert.ok(isLabError(error));
      assert.equal(error.code, 'rootfs-source-mismatch');
      assert.equal(error.fault, 'source');
      assert.ok(error.what.includes(found) && error.what.includes(pin.sha256));
      return true;
    });
  });
});
