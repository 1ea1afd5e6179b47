import assert from 'node:assert/strict';
import {
  closeSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readResults, runLab } from './start-lab.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const files = [join(import.meta.dirname, 'fixtures/quiet.ts')];

/** Turns one bit round, in the middle of a file. */
function flipBit(path: string): void {
  const at = Math.floor(statSync(path).size / 2);
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}

function cutShort(path: string): void {
  truncateSync(path, Math.floor(statSync(path).size / 2));
}

describe('a lab home', { skip: noWorld }, () => {
  let world: World;
  before(async () => {
    world = makeWorld();
    const { status, text } = await runLab({ world, files });
    assert.equal(status, 0, text);
  });
  after(() => world.remove());

  /** Returns the path of a file of the only entry, or the one that was used last. */
  function entry(folder: string, prefix: string, name: string): string {
    const paths = readdirSync(folder)
      .filter((key) => !key.startsWith('.') && key.startsWith(prefix))
      .map((key) => join(folder, key))
      .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    return join(paths[0] ?? '', name);
  }

  async function heals(damage: (path: string) => void, path: string, words: RegExp): Promise<void> {
    damage(path);
    const { status, text } = await runLab({ world, files });
    assert.equal(status, 0, text);
    assert.equal(readResults(world).totals.pass, 2);
    assert.ok(
      readResults(world).warnings.some((warning) => words.test(warning)),
      text,
    );
  }

  it('with a flipped bit in the kernel builds it again, and says so', () =>
    heals(flipBit, entry(world.home.images, '', 'bzImage'), /image .* again: bzImage has changed/));

  it('with a saved guest cut short saves another, and says so', () =>
    heals(cutShort, entry(world.home.guests, '', 'state'), /guest .* again: state has changed/));

  it('with a flipped bit in a saved guest saves another, and says so', () =>
    heals(flipBit, entry(world.home.guests, '', 'state'), /guest .* again: state has changed/));

  it('with a flipped bit in the user space makes it again, and says so', () =>
    heals(
      flipBit,
      entry(world.home.rootfs, 'initramfs-', 'initramfs.cpio.gz'),
      /user space .* again: initramfs\.cpio\.gz has changed/,
    ));

  it('is whole then: nothing is made again', async () => {
    const { status, text } = await runLab({ world, files });
    assert.equal(status, 0, text);
    assert.deepEqual(readResults(world).warnings, []);
    assert.ok(
      readResults(world).stages.every(({ stage, cached }) => stage === 'accelerator' || cached),
    );
  });
});
